package io.espejo.route;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/** A test of one piece of text, as Istio's StringMatch has it. */
public sealed interface TextMatch {
  /** The longest regular expression, in characters: Istio's limit. */
  int MAX_REGEX_LENGTH = 1024;

  /** Accepts any text: Istio's <code>{}</code>, which asks for presence only. */
  TextMatch PRESENT = new Present();

  /** Whether the text passes. */
  boolean accepts(String text);

  /**
   * A regular expression that the whole text has to match.
   *
   * @throws IllegalArgumentException if it is empty, too long, or not in RE2's syntax; the message
   *     says which
   */
  static TextMatch regex(String expression) {
    return new Regex(expression);
  }

  /** See {@link TextMatch#PRESENT}. */
  record Present() implements TextMatch {
    @Override
    public boolean accepts(String text) {
      return true;
    }
  }

  /** The very same text. */
  record Exact(String value, boolean ignoreCase) implements TextMatch {
    @Override
    public boolean accepts(String text) {
      return ignoreCase ? value.equalsIgnoreCase(text) : value.equals(text);
    }
  }

  /** A text that begins with this one; for paths too it is a string prefix, not one of segments. */
  record Prefix(String value, boolean ignoreCase) implements TextMatch {
    @Override
    public boolean accepts(String text) {
      return text.regionMatches(ignoreCase, 0, value, 0, value.length());
    }
  }

  /** A regular expression in RE2's syntax, tested in linear time against the whole text. */
  final class Regex implements TextMatch {
    private final Pattern pattern;

    private Regex(String expression) {
      pattern = compile(expression);
    }

    static Pattern compile(String expression) {
      if (expression.isEmpty() || expression.length() > MAX_REGEX_LENGTH) {
        throw new IllegalArgumentException(
            expression.length() + " characters (expected: 1.." + MAX_REGEX_LENGTH + ")");
      }
      if (RegexRepeats.exceedLimit(expression)) {
        throw new IllegalArgumentException("nested repeats of more than 1000 in all");
      }
      try {
        return Pattern.compile(expression);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(e.getDescription() + ": `" + e.getPattern() + "`", e);
      }
    }

    @Override
    public boolean accepts(String text) {
      return pattern.matches(text);
    }

    /** What every text that passes begins with; may be empty. */
    String literalPrefix() {
      return RegexPrefix.of(pattern.pattern());
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Regex regex && regex.pattern.equals(pattern);
    }

    @Override
    public int hashCode() {
      return pattern.hashCode();
    }

    @Override
    public String toString() {
      return "Regex[" + pattern + "]";
    }
  }
}
