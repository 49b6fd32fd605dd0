package io.espejo.route;

/**
 * The literal text at the beginning of a regular expression, so that routes can be sorted by it.
 */
final class RegexPrefix {
  private static final String ENDS_LITERAL = "^$.[(|)?*+{";

  private RegexPrefix() {}

  /** What every text that matches begins with; empty when that cannot be told cheaply. */
  static String of(String regex) {
    if (regex.contains("\\Q") || mayHaveAlternatives(regex)) {
      return "";
    }
    StringBuilder prefix = new StringBuilder();
    int at = regex.startsWith("^") ? 1 : 0;
    while (at < regex.length()) {
      char c = regex.charAt(at++);
      if (c == '\\') {
        c = at < regex.length() ? regex.charAt(at++) : 'z';
        if (Character.isLetterOrDigit(c)) {
          return prefix.toString(); // a class, an assertion, a code
        }
      } else if (ENDS_LITERAL.indexOf(c) >= 0) {
        return prefix.toString();
      }
      char next = at < regex.length() ? regex.charAt(at) : ' ';
      if (c >= 0x7f || "?*{".indexOf(next) >= 0) {
        return prefix.toString(); // the character may be absent
      }
      prefix.append(c);
      if (next == '+') {
        return prefix.toString();
      }
    }
    return prefix.toString();
  }

  /** Whether there may be a bar outside of all parentheses. */
  private static boolean mayHaveAlternatives(String regex) {
    if (regex.indexOf('|') < 0) {
      return false;
    }
    if (regex.indexOf('[') >= 0) {
      return true; // a parenthesis may stand in a class, and be none
    }
    int depth = 0;
    for (int i = 0; i < regex.length(); i++) {
      switch (regex.charAt(i)) {
        case '\\' -> i++;
        case '(' -> depth++;
        case ')' -> depth--;
        case '|' -> {
          if (depth == 0) {
            return true;
          }
        }
        default -> {}
      }
    }
    return false;
  }
}
