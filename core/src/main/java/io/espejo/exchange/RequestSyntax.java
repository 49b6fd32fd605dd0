package io.espejo.exchange;

import java.util.Locale;
import java.util.Set;

/**
 * What of a request must be so, for it to be forwarded as the one request that it is.
 *
 * <p>Containers let different things through, and over HTTP/2 more than over HTTP/1.1; what is
 * written into a request line or a header line is looked at here once more, and refused as Envoy
 * refuses it.
 */
public final class RequestSyntax {
  private static final boolean[] TOKEN = alphanumericAnd("!#$%&'*+-.^_`|~");
  private static final boolean[] AUTHORITY = alphanumericAnd("!$%&'()*+,-.:;=@[]_~");
  private static final boolean[] QUERY = alphanumericAnd("!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

  /** Framing, routing, authentication and what else RFC 9110, section 6.5.1, keeps for heads. */
  private static final Set<String> HEAD_ONLY =
      Set.of(
          "authorization",
          "connection",
          "content-encoding",
          "content-length",
          "content-range",
          "content-type",
          "cookie",
          "expect",
          "host",
          "keep-alive",
          "max-forwards",
          "proxy-authorization",
          "proxy-connection",
          "range",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "x-espejo-mirror",
          "x-espejo-rebuilt",
          "x-request-id");

  private RequestSyntax() {}

  /**
   * Whether the method and all header names are tokens, no header value has a control character,
   * authority and query have only what a URI may have, be it well-formed or not, all lengths are
   * one number, and no transfer coding came over HTTP/2, which has none. The path is not looked at.
   */
  public static boolean isWellFormed(DownstreamRequest request) {
    return isToken(request.method())
        && isOf(AUTHORITY, request.authority())
        && request.query().filter(query -> !isOf(QUERY, query)).isEmpty()
        && areLines(request.headers())
        && hasOneLength(request.headers())
        && (request.protocol().startsWith("HTTP/1")
            || !request.headers().contains("transfer-encoding"));
  }

  private static boolean hasOneLength(Headers headers) {
    int first = headers.indexOf("content-length", 0);
    for (int line = first; line >= 0; line = headers.indexOf("content-length", line + 1)) {
      String length = headers.value(line).trim();
      if (length.isEmpty()
          || !length.chars().allMatch(digit -> digit >= '0' && digit <= '9')
          || !length.equals(headers.value(first).trim())) {
        return false;
      }
    }
    return true;
  }

  /** The trailer fields without those that may stand in a head only, or are malformed. */
  public static Headers trailers(Headers received) {
    if (received.size() == 0) {
      return received;
    }
    Headers.Builder lines = Headers.builder();
    for (int line = 0; line < received.size(); line++) {
      if (isTrailer(received.name(line)) && isValue(received.value(line))) {
        lines.add(received.name(line), received.value(line));
      }
    }
    return lines.build();
  }

  private static boolean isTrailer(String field) {
    String name = field.toLowerCase(Locale.ROOT);
    return isToken(name)
        && !HEAD_ONLY.contains(name)
        && !name.startsWith("x-forwarded-")
        && !name.startsWith("x-envoy-");
  }

  private static boolean areLines(Headers headers) {
    for (int line = 0; line < headers.size(); line++) {
      if (!isToken(headers.name(line)) || !isValue(headers.value(line))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isToken(String text) {
    return !text.isEmpty() && isOf(TOKEN, text);
  }

  private static boolean isOf(boolean[] characters, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= characters.length || !characters[c]) {
        return false;
      }
    }
    return true;
  }

  private static boolean[] alphanumericAnd(String marks) {
    boolean[] characters = new boolean[128];
    for (char c = 0; c < characters.length; c++) {
      characters[c] = Character.isLetterOrDigit(c) || marks.indexOf(c) >= 0;
    }
    return characters;
  }

  private static boolean isValue(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether the body's coding is none or {@code chunked}, in whatever case. All else would have to
   * be undone, since it is for this hop alone.
   */
  public static boolean hasKnownCoding(Headers headers) {
    int line = headers.indexOf("transfer-encoding", 0);
    return line < 0
        || (headers.value(line).trim().equalsIgnoreCase("chunked")
            && headers.indexOf("transfer-encoding", line + 1) < 0);
  }
}
