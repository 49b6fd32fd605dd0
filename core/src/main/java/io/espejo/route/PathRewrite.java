package io.espejo.route;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;

/** What becomes of a request's path; the query stays. */
public sealed interface PathRewrite {
  /** The path in the place of this one. */
  String apply(String path);

  /**
   * What matched is replaced, the rest stays: {@code /foo} by {@code /bar} makes {@code /barbar} of
   * {@code /foobar}.
   *
   * @param length of the prefix that matched
   */
  record Prefix(int length, String replacement) implements PathRewrite {
    @Override
    public String apply(String path) {
      return replacement + path.substring(length);
    }
  }

  /** The whole path is replaced. */
  record Whole(String replacement) implements PathRewrite {
    @Override
    public String apply(String path) {
      return replacement;
    }
  }

  /**
   * All that a regular expression finds in the path is replaced, as RE2's GlobalReplace does it.
   *
   * @param substitution {@code \0} to {@code \9} stand for what the groups matched, <code>\\</code>
   *     for a backslash
   */
  record Regex(Pattern pattern, String substitution) implements PathRewrite {
    /**
     * Of texts as they were written.
     *
     * @throws IllegalArgumentException saying what is wrong
     */
    public static Regex of(String regex, String substitution) {
      Pattern pattern = TextMatch.Regex.compile(regex);
      for (int i = 0; i < substitution.length(); i++) {
        if (substitution.charAt(i) == '\\') {
          i++;
          char c = i < substitution.length() ? substitution.charAt(i) : ' ';
          if (c != '\\' && (c < '0' || c - '0' > pattern.groupCount() || c > '9')) {
            throw new IllegalArgumentException(
                "\\0 to \\" + Math.min(9, pattern.groupCount()) + ", or \\\\ for a backslash");
          }
        }
      }
      return new Regex(pattern, substitution);
    }

    @Override
    public String apply(String path) {
      Matcher matcher = pattern.matcher(path);
      StringBuilder out = new StringBuilder();
      int copied = 0;
      int from = 0;
      while (from <= path.length() && matcher.find(from)) {
        // An empty match right after another one counts for nothing.
        boolean empty = matcher.start() == matcher.end();
        if (!empty || matcher.start() != copied || copied == 0) {
          out.append(path, copied, matcher.start());
          substitute(matcher, out);
          copied = matcher.end();
        }
        from = empty ? matcher.end() + 1 : matcher.end();
      }
      return out.append(path, Math.min(copied, path.length()), path.length()).toString();
    }

    private void substitute(Matcher matcher, StringBuilder out) {
      for (int i = 0; i < substitution.length(); i++) {
        char c = substitution.charAt(i);
        if (c != '\\') {
          out.append(c);
        } else if (substitution.charAt(++i) == '\\') {
          out.append('\\');
        } else {
          String group = matcher.group(substitution.charAt(i) - '0');
          out.append(group == null ? "" : group);
        }
      }
    }
  }
}
