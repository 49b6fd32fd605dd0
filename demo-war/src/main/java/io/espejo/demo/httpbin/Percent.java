package io.espejo.demo.httpbin;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Percent escapes as Werkzeug reads them: never refused, what is not UTF-8 stays escaped. */
final class Percent {
  private Percent() {}

  /** A name or value of a query or a form. */
  static String decodeForm(String raw) {
    return decode(raw.replace('+', ' '), "");
  }

  /** All escapes but those of controls, space, {@code %} and the characters in {@code kept}. */
  static String toIri(String raw, String kept) {
    return decode(raw, "% \u007f" + kept);
  }

  private static String decode(String raw, String kept) {
    if (raw.indexOf('%') < 0) {
      return raw;
    }
    boolean controlsKept = !kept.isEmpty();
    StringBuilder out = new StringBuilder(raw.length());
    ByteArrayOutputStream run = new ByteArrayOutputStream();
    for (int index = 0; index < raw.length(); index++) {
      int octet = octet(raw, index);
      if (octet < 0 || kept.indexOf(octet) >= 0 || (controlsKept && octet < 0x20)) {
        flush(run, out);
        out.append(raw.charAt(index));
      } else {
        run.write(octet);
        index += 2;
      }
    }
    flush(run, out);
    return out.toString();
  }

  private static int octet(String raw, int index) {
    if (raw.charAt(index) != '%' || index + 2 >= raw.length()) {
      return -1;
    }
    int high = Character.digit(raw.charAt(index + 1), 16);
    int low = Character.digit(raw.charAt(index + 2), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  private static void flush(ByteArrayOutputStream run, StringBuilder out) {
    ByteBuffer octets = ByteBuffer.wrap(run.toByteArray());
    run.reset();
    CharBuffer text = CharBuffer.allocate(octets.remaining());
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    CoderResult result = decoder.decode(octets, text, true);
    while (result.isMalformed()) {
      out.append(text.flip());
      text.clear();
      for (int left = result.length(); left > 0; left--) {
        out.append(String.format(Locale.ROOT, "%%%02X", octets.get() & 0xff));
      }
      result = decoder.decode(octets, text, true);
    }
    out.append(text.flip());
  }
}
