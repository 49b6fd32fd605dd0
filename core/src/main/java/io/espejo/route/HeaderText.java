package io.espejo.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Text of the documents in headers: a header's value is bytes, which are shown as characters below
 * 256, and the documents' text is in UTF-8 there.
 */
final class HeaderText {
  private HeaderText() {}

  /** As a header's value shows it. */
  static String shown(String text) {
    return isAscii(text) ? text : new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  /** What a header's value says. */
  static String read(String value) {
    return isAscii(value) ? value : new String(value.getBytes(ISO_8859_1), UTF_8);
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }
}
