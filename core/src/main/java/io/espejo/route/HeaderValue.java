package io.espejo.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The value of an edited header: text with Envoy's {@code %...%} expressions in it.
 *
 * <p>Of those it knows {@code %REQ(name?other)%}, {@code %RESP(...)%}, {@code %PROTOCOL%}, {@code
 * %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%}, {@code
 * %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%} and <code>%%</code>. What is absent is empty.
 */
public final class HeaderValue {
  private final String text;
  private final List<Part> parts;

  private HeaderValue(String text, List<Part> parts) {
    this.text = text;
    this.parts = List.copyOf(parts);
  }

  private interface Part {
    String format(FormatContext context);
  }

  private record Literal(String text) implements Part {
    static Literal of(String text) {
      return new Literal(HeaderText.shown(text));
    }

    @Override
    public String format(FormatContext context) {
      return text;
    }
  }

  /** A header; if it is absent, another one. */
  private record Header(boolean response, String name, String other) implements Part {
    @Override
    public String format(FormatContext context) {
      Optional<String> value = value(context, name);
      if (value.isEmpty() && !other.isEmpty()) {
        value = value(context, other);
      }
      return value.orElse("");
    }

    private Optional<String> value(FormatContext context, String header) {
      return response ? context.response(header) : context.request(header);
    }
  }

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException saying what is wrong, or what is not carried out
   */
  public static HeaderValue parse(String text) {
    List<Part> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c != '%') {
        literal.append(c);
      } else if (text.startsWith("%", at)) {
        literal.append('%');
        at++;
      } else {
        int end = end(text, at);
        if (!literal.isEmpty()) {
          parts.add(Literal.of(literal.toString()));
          literal.setLength(0);
        }
        parts.add(expression(text.substring(at, end)));
        at = end + 1;
      }
    }
    if (!literal.isEmpty()) {
      parts.add(Literal.of(literal.toString()));
    }
    return new HeaderValue(text, parts);
  }

  /** The index of the percent sign that ends the expression which begins here. */
  private static int end(String text, int start) {
    int parenthesis = text.indexOf('(', start);
    int end = text.indexOf('%', start);
    if (parenthesis >= 0 && parenthesis < end) {
      end = text.indexOf('%', Math.max(start, text.indexOf(')', parenthesis)));
    }
    if (end < 0) {
      throw new IllegalArgumentException("a % that nothing ends (a literal one is %%)");
    }
    return end;
  }

  private static Part expression(String expression) {
    return switch (expression) {
      case "PROTOCOL" -> HeaderValue::protocol;
      case "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" -> FormatContext::clientAddress;
      case "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" -> FormatContext::peerAddress;
      default -> header(expression);
    };
  }

  /** As Envoy words it. */
  private static String protocol(FormatContext context) {
    return context.protocol().equals("HTTP/2.0") ? "HTTP/2" : context.protocol();
  }

  private static Part header(String expression) {
    boolean response = expression.startsWith("RESP(");
    int open = expression.indexOf('(');
    int close = expression.indexOf(')');
    if ((!response && !expression.startsWith("REQ(")) || close != expression.length() - 1) {
      throw new IllegalArgumentException("%" + expression + "% is not carried out");
    }
    String[] names = expression.substring(open + 1, close).toLowerCase(Locale.ROOT).split("\\?", 2);
    if (names[0].isEmpty()) {
      throw new IllegalArgumentException("%" + expression + "% names no header");
    }
    return new Header(response, names[0], names.length > 1 ? names[1] : "");
  }

  /** Whether it speaks of the answer's headers. */
  public boolean readsAnswer() {
    return parts.stream().anyMatch(part -> part instanceof Header header && header.response());
  }

  /** The value for this exchange; empty if all that it speaks of is absent. */
  public String format(FormatContext context) {
    if (parts.size() == 1) {
      return parts.get(0).format(context);
    }
    StringBuilder value = new StringBuilder();
    for (Part part : parts) {
      value.append(part.format(context));
    }
    return value.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HeaderValue value && value.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }
}
