package io.espejo.config;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.resolver.CoreScalarResolver;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import org.snakeyaml.engine.v2.schema.Schema;

/** Makes values of the text of a file: YAML 1.2 but for its booleans, and so JSON too. */
final class YamlReader {
  static final int MAX_DOCUMENTS = 10_000;
  private static final int MAX_ALIASES = 50;
  private static final Schema SCHEMA = new IstioSchema();

  /**
   * As Istio's reader has it, a plain {@code yes}, {@code no}, {@code on}, {@code off}, {@code y}
   * or {@code n} is no text but true or false, as in YAML 1.1.
   */
  private static final class IstioSchema extends CoreSchema {
    private static final Pattern BOOL =
        Pattern.compile("y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF");

    private final CoreScalarResolver resolver = new CoreScalarResolver(true);

    IstioSchema() {
      resolver.addImplicitResolver(Tag.BOOL, BOOL, "yYnNoO");
    }

    @Override
    public ScalarResolver getScalarResolver() {
      return resolver;
    }
  }

  private final RuleFile file;
  private final Report report;

  YamlReader(RuleFile file, Report report) {
    this.file = file;
    this.report = report;
  }

  /** The documents of the file, up to the first error of syntax; empty ones are left out. */
  List<Value> documents() {
    List<Value> documents = new ArrayList<>();
    Optional<String> text = decode();
    if (text.isEmpty()) {
      return documents;
    }
    LoadSettings settings =
        LoadSettings.builder()
            .setSchema(SCHEMA)
            .setLabel(file.name())
            .setCodePointLimit(Rules.MAX_BYTES)
            .setBufferSize(text.get().length() + 1) // smaller, a long line takes quadratic time
            .setMaxAliasesForCollections(MAX_ALIASES)
            .setAllowDuplicateKeys(true) // reported by Value, with the place of the first
            .build();
    BoundedParser parser = null;
    try {
      parser =
          new BoundedParser(new ParserImpl(settings, new StreamReader(settings, text.get())), file);
      Composer composer = new Composer(settings, parser);
      while (composer.hasNext()) {
        Node node = composer.next();
        Value document = Value.of(node, file.name(), "", report);
        if (!document.isNull()) {
          documents.add(document);
        }
      }
    } catch (ReaderException e) {
      int end = text.get().offsetByCodePoints(0, e.getPosition());
      report.error(
          placeAfter(text.get().substring(0, end)),
          String.format("character U+%04X is not allowed", e.getCodePoint()));
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      Place last = parser == null ? place(1, 1) : parser.place();
      report.error(
          mark.map(m -> place(m.getLine() + 1, m.getColumn() + 1)).orElse(last), message(e));
    } catch (Report.OverLimit e) {
      throw e;
    } catch (RuntimeException e) {
      // Such as the engine's own, and what it lets through: of an escape that is no number, for
      // one.
      report.error(
          parser == null ? place(1, 1) : parser.place(), firstLine(String.valueOf(e.getMessage())));
    }
    return documents;
  }

  private Optional<String> decode() {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.wrap(file.content());
    CharBuffer chars = CharBuffer.allocate(file.content().length);
    CoderResult result = decoder.decode(bytes, chars, true);
    String text = chars.flip().toString();
    if (result.isError()) {
      report.error(placeAfter(text), "not UTF-8");
      return Optional.empty();
    }
    return Optional.of(text.startsWith("\uFEFF") ? text.substring(1) : text);
  }

  private static String message(MarkedYamlEngineException e) {
    String context =
        e.getContextMark()
            .map(
                mark -> " (" + e.getContext() + " that began on line " + (mark.getLine() + 1) + ")")
            .orElse("");
    return firstLine(e.getProblem()) + context;
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("").replaceAll("\\p{Cntrl}", "?");
  }

  private Place placeAfter(String text) {
    int line = (int) text.chars().filter(c -> c == '\n').count();
    return place(line + 1, text.length() - text.lastIndexOf('\n'));
  }

  private Place place(int line, int column) {
    return new Place(file.name(), line, column, "");
  }
}
