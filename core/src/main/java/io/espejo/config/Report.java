package io.espejo.config;

import java.util.ArrayList;
import java.util.List;

/** Collects the problems of a set of files; for one thread. */
final class Report {
  /** The most values that a set may have, each counted as often as aliases repeat it. */
  private static final int MAX_VALUES = 1_000_000;

  private final List<Problem> problems = new ArrayList<>();
  private int values;

  void error(Place at, String message) {
    add(Severity.ERROR, at, message);
  }

  void warn(Place at, String message) {
    add(Severity.WARNING, at, message);
  }

  private void add(Severity severity, Place at, String message) {
    problems.add(new Problem(severity, at.file(), at.line(), at.column(), at.path(), message));
  }

  /** Counts a value that is about to be read. */
  void count(Place at) {
    if (++values > MAX_VALUES) {
      throw new OverLimit(at, "more than " + MAX_VALUES + " values in all files");
    }
  }

  boolean hasErrors() {
    return problems.stream().anyMatch(problem -> problem.severity() == Severity.ERROR);
  }

  List<Problem> sorted() {
    return problems.stream().sorted(Problem.BY_PLACE).distinct().toList();
  }

  /** Ends the reading: what follows would take too much time or memory. */
  static final class OverLimit extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Place at;
    private final String limit;

    OverLimit(Place at, String limit) {
      super(limit, null, false, false);
      this.at = at;
      this.limit = limit;
    }

    String limit() {
      return limit;
    }

    Place at() {
      return at;
    }
  }
}
