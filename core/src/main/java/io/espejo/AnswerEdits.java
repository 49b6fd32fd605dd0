package io.espejo;

import io.espejo.exchange.Headers;
import java.util.Locale;
import java.util.Set;

/**
 * What is done to the headers of an answer that an application gives.
 *
 * @param replaced the names, in lower case, of which no line of the application's goes out
 * @param lines what goes out beside the application's own lines
 */
public record AnswerEdits(Set<String> replaced, Headers lines) {
  /** Nothing. */
  public static final AnswerEdits NONE = new AnswerEdits(Set.of(), Headers.EMPTY);

  public AnswerEdits {
    replaced = Set.copyOf(replaced);
  }

  /** Whether nothing is done. */
  public boolean isEmpty() {
    return replaced.isEmpty() && lines.size() == 0;
  }

  /** Whether the application's own lines of this name are left out. */
  public boolean replaces(String name) {
    return !replaced.isEmpty() && replaced.contains(name.toLowerCase(Locale.ROOT));
  }
}
