package io.espejo.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A set of files that is refused as a whole; the message has every problem on a line of its own.
 */
public final class RulesException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<Problem> problems;

  RulesException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** All errors and warnings, by file and position; at least one is an error. */
  public List<Problem> problems() {
    return problems;
  }
}
