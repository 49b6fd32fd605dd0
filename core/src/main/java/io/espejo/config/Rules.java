package io.espejo.config;

import java.util.Comparator;
import java.util.List;

/**
 * Turns files of rules into what a request meets.
 *
 * <p>A set has at most 16 MiB, 10,000 documents and 1,000,000 values (each counted as often as
 * aliases repeat it); a file has at most 1,000,000 keys and values, nests at most 100 levels deep
 * and has at most 50 aliases of lists and mappings.
 */
public final class Rules {
  /** The most bytes that all files of a set may have. */
  static final int MAX_BYTES = 16 << 20;

  private Rules() {}

  /**
   * Reads, checks and compiles a set of files, in the order of their names. Does not block; takes
   * milliseconds for a few documents, and seconds at the limits.
   *
   * @throws RulesException if there is any error; it has all of them
   */
  public static CompiledRules compile(List<RuleFile> files, RulesOptions options)
      throws RulesException {
    Report report = new Report();
    DocumentReader reader = new DocumentReader(options, report);
    long bytes = 0;
    for (RuleFile file : files.stream().sorted(Comparator.comparing(RuleFile::name)).toList()) {
      bytes += file.content().length;
      if (bytes > MAX_BYTES) {
        report.error(new Place(file.name(), 1, 1, ""), "more than 16 MiB in all files");
        break;
      }
      try {
        new YamlReader(file, report).documents().forEach(reader::read);
      } catch (Report.OverLimit e) {
        report.error(e.at(), e.limit());
      }
    }
    List<Document> documents = reader.standing();
    throwIfErrors(report);
    CompiledRules compiled = CompiledRules.EMPTY;
    try {
      compiled = new Compiler(documents, options, report).compile();
    } catch (Report.OverLimit e) {
      report.error(e.at(), e.limit());
    }
    throwIfErrors(report);
    return new CompiledRules(compiled.routes(), compiled.clusters(), report.sorted());
  }

  private static void throwIfErrors(Report report) throws RulesException {
    if (report.hasErrors()) {
      throw new RulesException(report.sorted());
    }
  }
}
