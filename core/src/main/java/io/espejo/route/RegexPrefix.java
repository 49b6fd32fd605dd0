package io.espejo.route;

/**
 * The literal text at the beginning of a regular expression, so that routes can be sorted by it,
 * and need not have it matched character by character.
 *
 * @param text what every text that matches begins with; empty when that cannot be told cheaply
 * @param rest the expression that what follows {@code text} has to match
 */
record RegexPrefix(String text, String rest) {
  private static final String ENDS_LITERAL = "^$.[(|)?*+{";

  /** Of an expression in RE2's syntax. */
  static RegexPrefix of(String regex) {
    if (regex.contains("\\Q") || mayHaveAlternatives(regex) || mayHaveFlags(regex)) {
      return new RegexPrefix("", regex);
    }
    StringBuilder text = new StringBuilder();
    int from = regex.startsWith("^") ? 1 : 0;
    while (from < regex.length()) {
      int at = from;
      char c = regex.charAt(at++);
      if (c == '\\') {
        c = at < regex.length() ? regex.charAt(at++) : 'z';
        if (Character.isLetterOrDigit(c)) {
          break; // a class, an assertion, a code
        }
      } else if (ENDS_LITERAL.indexOf(c) >= 0) {
        break;
      }
      char next = at < regex.length() ? regex.charAt(at) : ' ';
      if (c >= 0x7f || "?*{".indexOf(next) >= 0) {
        break; // the character may be absent
      }
      text.append(c);
      if (next == '+') {
        String more = regex.substring(from, at) + "*" + regex.substring(at + 1);
        return new RegexPrefix(text.toString(), more);
      }
      from = at;
    }
    return new RegexPrefix(text.toString(), regex.substring(from));
  }

  /** Whether the rest asks nothing of what stands before it, and so can be matched alone. */
  boolean isApart() {
    return !rest.replace("[^", "").contains("^") && !rest.matches("(?s).*\\\\[AbB].*");
  }

  /** Whether there may be flags: RE2/J repeats in <code>a(?i)*</code> what is before them. */
  private static boolean mayHaveFlags(String regex) {
    return regex.replace("(?:", "").contains("(?");
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
