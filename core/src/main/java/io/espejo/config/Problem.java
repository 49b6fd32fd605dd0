package io.espejo.config;

import java.util.Comparator;

/**
 * Something wrong with the rules, and where.
 *
 * @param file as the source names it
 * @param line 1 for the first line
 * @param column 1 for the first character of a line
 * @param path the field: {@code spec.http[0].mirrorPercentage.value}; empty when it is no field
 * @param message {@code value (expected: rule)}
 */
public record Problem(
    Severity severity, String file, int line, int column, String path, String message) {
  static final Comparator<Problem> BY_PLACE =
      Comparator.comparing(Problem::file)
          .thenComparingInt(Problem::line)
          .thenComparingInt(Problem::column);

  /**
   * One line: {@code rules.yaml:9:14: spec.http[0].mirrorPercentage.value: 101 (expected: 0..100)};
   * a warning says so before its path.
   */
  @Override
  public String toString() {
    return file
        + ":"
        + line
        + ":"
        + column
        + ": "
        + (severity == Severity.WARNING ? "warning: " : "")
        + (path.isEmpty() ? "" : path + ": ")
        + message;
  }
}
