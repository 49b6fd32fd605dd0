package io.espejo.route;

import java.util.Optional;

/**
 * The path of a request as it is matched and forwarded: Istio's BASE normalisation, which is
 * Envoy's {@code normalize_path}.
 *
 * <p>A backslash becomes a slash; escapes of unreserved characters are decoded; {@code .} and
 * {@code ..} segments are resolved, with {@code ;parameters} or without, as Envoy 1.40 does; the
 * characters <code>"&lt;&gt;^`{|}</code> are escaped. All else stays byte for byte: {@code %2F},
 * {@code //}, {@code ;x}, the case of other escapes.
 */
public final class TargetPath {
  private static final String ESCAPED = "\"<>^`{|}";
  private static final String HEX = "0123456789ABCDEF";

  private TargetPath() {}

  /**
   * The normalised path; empty when it does not begin with a slash, or has {@code %00}, {@code #},
   * {@code ?} or a character outside visible ASCII, which Envoy answers with 400. {@code *} is left
   * alone, for which no route is. Normalising twice gives the same, and a path that needs nothing
   * is returned as it is.
   *
   * @param rawPath the path without query
   */
  public static Optional<String> normalise(String rawPath) {
    if (rawPath.equals("*")) {
      return Optional.of(rawPath);
    }
    if (!rawPath.startsWith("/")) {
      return Optional.empty();
    }
    boolean same = true;
    for (int i = 0; i < rawPath.length(); i++) {
      char c = rawPath.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#' || c == '?') {
        return Optional.empty();
      }
      if (c == '%') {
        int value = escape(rawPath, i);
        if (value == 0) {
          return Optional.empty();
        }
        same &= value < 0 ? !hexAfterDecoding(rawPath, i + 1) : !unreserved(value);
      } else {
        same &= c != '\\' && ESCAPED.indexOf(c) < 0 && !dotSegment(rawPath, i);
      }
    }
    return Optional.of(same ? rawPath : withoutDotSegments(decode(rawPath)));
  }

  /** Every character in its normal form, dot segments still there. */
  private static String decode(String path) {
    StringBuilder out = new StringBuilder(path.length() + 8);
    int i = 0;
    while (i < path.length()) {
      char c = path.charAt(i);
      int value = escape(path, i);
      if (value > 0) {
        out.append(unreserved(value) ? String.valueOf((char) value) : path.substring(i, i + 3));
        i += 2;
      } else if (c == '%') {
        // Decoding must not make an escape of what was none: %%34%31 is not %41.
        out.append(hexAfterDecoding(path, i + 1) ? "%25" : "%");
      } else if (c == '\\') {
        out.append('/');
      } else if (ESCAPED.indexOf(c) >= 0) {
        out.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      } else {
        out.append(c);
      }
      i++;
    }
    return out.toString();
  }

  /** Whether the next two characters, once decoded, are hexadecimal digits. */
  private static boolean hexAfterDecoding(String path, int at) {
    int i = at;
    for (int digits = 0; digits < 2; digits++) {
      int value = escape(path, i);
      int c = value >= 0 ? value : i < path.length() ? path.charAt(i) : -1;
      if (Character.digit(c, 16) < 0) {
        return false;
      }
      i += value >= 0 ? 3 : 1;
    }
    return true;
  }

  private static String withoutDotSegments(String path) {
    StringBuilder out = new StringBuilder(path.length());
    int start = 1;
    while (start <= path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      int dots = dots(path, start, end);
      if (dots == 0) {
        out.append('/').append(path, start, end);
      } else if (dots == 2 && out.length() > 0) {
        out.setLength(out.lastIndexOf("/"));
      }
      if (dots > 0 && slash < 0) {
        out.append('/'); // a dot segment at the end leaves its slash: /a/.. is /, /a/. is /a/
      }
      start = end + 1;
    }
    return out.toString();
  }

  private static boolean dotSegment(String path, int at) {
    if (path.charAt(at) != '.' || path.charAt(at - 1) != '/') {
      return false;
    }
    int slash = path.indexOf('/', at);
    return dots(path, at, slash < 0 ? path.length() : slash) > 0;
  }

  /** 1 for the segment {@code .}, 2 for {@code ..}, with parameters or without; else 0. */
  private static int dots(String path, int start, int end) {
    int i = start;
    while (i < end && path.charAt(i) == '.') {
      i++;
    }
    return (i == end || path.charAt(i) == ';') && i - start <= 2 ? i - start : 0;
  }

  /** The value of the escape at this index; -1 when there is none. */
  private static int escape(String path, int at) {
    if (at + 2 >= path.length() || path.charAt(at) != '%') {
      return -1;
    }
    int high = Character.digit(path.charAt(at + 1), 16);
    int low = Character.digit(path.charAt(at + 2), 16);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
  }

  private static boolean unreserved(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~';
  }
}
