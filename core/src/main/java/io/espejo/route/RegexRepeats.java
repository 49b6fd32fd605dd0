package io.espejo.route;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * RE2's limit on counted repeats: nested ones, multiplied, stay at 1,000 or fewer.
 *
 * <p>RE2 and Go have it, RE2/J looks at single repeats only, so that {@code
 * (((a{100}){100}){100}){100}} would take all memory.
 */
final class RegexRepeats {
  private static final long LIMIT = 1000;

  private final String regex;
  private int at;

  private RegexRepeats(String regex) {
    this.regex = regex;
  }

  static boolean exceedLimit(String regex) {
    return new RegexRepeats(regex).exceedLimit();
  }

  private boolean exceedLimit() {
    Deque<Long> outer = new ArrayDeque<>();
    long group = 1; // the largest product so far in the group that is open
    long atom = 1; // the product of the last atom
    while (at < regex.length()) {
      char c = regex.charAt(at++);
      if (c == '(') {
        outer.push(group);
        group = 1;
      } else if (c == ')') {
        atom = group;
        group = Math.max(group, outer.isEmpty() ? 1 : outer.pop());
      } else if (c == '{') {
        atom *= count();
        group = Math.max(group, atom);
      } else {
        atom = 1;
        skipRest(c);
      }
      if (group > LIMIT) {
        return true;
      }
    }
    return false;
  }

  /** The larger number of <code>n,m}</code>, which it skips; 1 when the brace is a literal. */
  private long count() {
    int end = regex.indexOf('}', at);
    long largest = 1;
    long number = 0;
    for (int i = at; i < end; i++) {
      char c = regex.charAt(i);
      if (c == ',' ? i == at : c < '0' || c > '9') {
        return 1;
      }
      number = c == ',' ? 0 : Math.min(10 * number + (c - '0'), LIMIT + 1);
      largest = Math.max(largest, number);
    }
    at = end < 0 ? at : end + 1;
    return end < 0 ? 1 : largest;
  }

  /** Skips what belongs to an atom that begins with this character and may contain brackets. */
  private void skipRest(char first) {
    if (first == '[') {
      skipClass();
    } else if (first == '\\' && at < regex.length()) {
      char escaped = regex.charAt(at++);
      if (escaped == 'Q') {
        skipPast("\\E");
      } else if ("xpP".indexOf(escaped) >= 0 && regex.startsWith("{", at)) {
        skipPast("}");
      }
    }
  }

  private void skipClass() {
    if (regex.startsWith("^", at)) {
      at++;
    }
    if (regex.startsWith("]", at)) {
      at++;
    }
    while (at < regex.length() && regex.charAt(at) != ']') {
      if (regex.startsWith("[:", at)) {
        skipPast(":]");
      } else {
        at += regex.charAt(at) == '\\' ? 2 : 1;
      }
    }
    at++;
  }

  private void skipPast(String end) {
    int index = regex.indexOf(end, at);
    at = index < 0 ? regex.length() : index + end.length();
  }
}
