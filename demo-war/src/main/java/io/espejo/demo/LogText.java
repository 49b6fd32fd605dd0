package io.espejo.demo;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** What a client says, in a line of a log that it cannot forge. */
final class LogText {
  private static final int MAX_VALUE = 1024;
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private LogText() {}

  /**
   * Adds a value: everything but visible ASCII as {@code \\xHH}, up to 1,024 characters of it, a
   * dash for none.
   */
  static void append(StringBuilder line, @Nullable String value) {
    if (value == null || value.isEmpty()) {
      line.append('-');
      return;
    }
    int end = Math.min(value.length(), MAX_VALUE);
    for (int i = 0; i < end; i++) {
      char c = value.charAt(i);
      if (c > ' ' && c < 0x7f && c != '"' && c != '\\') {
        line.append(c);
      } else if (c <= 0xff) {
        line.append("\\x").append(HEX.toHexDigits((byte) c));
      } else {
        line.append("\\u").append(HEX.toHexDigits(c));
      }
    }
    if (end < value.length()) {
      line.append("...");
    }
  }
}
