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

  /** The same test of a header's value, whose characters are bytes. */
  TextMatch ofValues();

  /** See {@link TextMatch#PRESENT}. */
  record Present() implements TextMatch {
    @Override
    public boolean accepts(String text) {
      return true;
    }

    @Override
    public TextMatch ofValues() {
      return this;
    }
  }

  /** The very same text. */
  record Exact(String value, boolean ignoreCase) implements TextMatch {
    @Override
    public boolean accepts(String text) {
      return ignoreCase ? value.equalsIgnoreCase(text) : value.equals(text);
    }

    @Override
    public TextMatch ofValues() {
      return new Exact(HeaderText.shown(value), ignoreCase);
    }
  }

  /** A text that begins with this one; for paths too it is a string prefix, not one of segments. */
  record Prefix(String value, boolean ignoreCase) implements TextMatch {
    @Override
    public boolean accepts(String text) {
      return text.regionMatches(ignoreCase, 0, value, 0, value.length());
    }

    @Override
    public TextMatch ofValues() {
      return new Prefix(HeaderText.shown(value), ignoreCase);
    }
  }

  /** A test of what a header's value says. */
  record OfValue(Regex said) implements TextMatch {
    @Override
    public boolean accepts(String text) {
      return said.accepts(HeaderText.read(text));
    }

    @Override
    public TextMatch ofValues() {
      return this;
    }
  }

  /** A regular expression in RE2's syntax, tested in linear time against the whole text. */
  final class Regex implements TextMatch {
    private final String expression;
    private final String prefix;

    /** Where in the text that begins which {@link #rest} has to match. */
    private final int restFrom;

    private final Pattern rest;

    private Regex(String expression) {
      compile(expression);
      this.expression = expression;
      RegexPrefix split = RegexPrefix.of(expression);
      prefix = split.text();
      restFrom = split.isApart() ? prefix.length() : 0;
      rest = Pattern.compile(withoutCaptures(restFrom == 0 ? expression : split.rest()));
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

    /** Nobody asks what a group has matched, and not to keep it halves the time. */
    private static String withoutCaptures(String expression) {
      // Where a parenthesis may be none, all stay.
      return expression.indexOf('[') < 0 && expression.indexOf('\\') < 0
          ? expression.replace("(", "(?:").replace("(?:?", "(?")
          : expression;
    }

    @Override
    public boolean accepts(String text) {
      return text.startsWith(prefix) && rest.matches(text.substring(restFrom));
    }

    @Override
    public TextMatch ofValues() {
      return new OfValue(this);
    }

    /** What every text that passes begins with; may be empty. */
    String literalPrefix() {
      return prefix;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Regex regex && regex.expression.equals(expression);
    }

    @Override
    public int hashCode() {
      return expression.hashCode();
    }

    @Override
    public String toString() {
      return "Regex[" + expression + "]";
    }
  }
}
