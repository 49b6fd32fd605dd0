package io.espejo.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An answer of an origin, to the byte.
 *
 * <pre>{@code
 * Answer.of(404).header("Set-Cookie", "a=1").body("nothing here").chunked()
 * }</pre>
 *
 * @param status the status code
 * @param headerLines whole lines; framing is added to them
 * @param body the bytes; not sent for HEAD, 1xx, 204 and 304
 * @param framing how the end of the body is told
 * @param trailerLines whole lines after the last chunk
 */
public record Answer(
    int status, List<String> headerLines, byte[] body, Framing framing, List<String> trailerLines) {
  public Answer {
    headerLines = List.copyOf(headerLines);
    trailerLines = List.copyOf(trailerLines);
  }

  private Answer(int status, List<String> headerLines, byte[] body, Framing framing) {
    this(status, headerLines, body, framing, List.of());
  }

  /** An empty answer with {@code Content-Length: 0}. */
  public static Answer of(int status) {
    return new Answer(status, List.of(), new byte[0], Framing.LENGTH);
  }

  /** The same with one more header line. */
  public Answer header(String name, String value) {
    List<String> lines = new ArrayList<>(headerLines);
    lines.add(name + ": " + value);
    return new Answer(status, lines, body, framing, trailerLines);
  }

  /** The same with these bytes. */
  public Answer body(byte[] bytes) {
    return new Answer(status, headerLines, bytes, framing, trailerLines);
  }

  /** The same with this text in ISO-8859-1. */
  public Answer body(String text) {
    return body(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The same, sent in chunks of at most 16 KiB. */
  public Answer chunked() {
    return new Answer(status, headerLines, body, Framing.CHUNKED);
  }

  /** The same in chunks, with these trailer lines. */
  public Answer trailers(String... lines) {
    return new Answer(status, headerLines, body, Framing.CHUNKED, List.of(lines));
  }

  /** The same, ended by the end of the connection. */
  public Answer untilClose() {
    return new Answer(status, headerLines, body, Framing.UNTIL_CLOSE);
  }

  /** The same with neither a body nor a header that speaks of one. */
  public Answer unframed() {
    return new Answer(status, headerLines, body, Framing.NONE);
  }

  /** Status line and header lines, the empty line included. */
  byte[] head() {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Status " + status + "\r\n");
    headerLines.forEach(line -> head.append(line).append("\r\n"));
    switch (framing) {
      case LENGTH -> head.append("Content-Length: ").append(body.length).append("\r\n");
      case CHUNKED -> head.append("Transfer-Encoding: chunked\r\n");
      case UNTIL_CLOSE -> head.append("Connection: close\r\n");
      case NONE -> {}
    }
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** All of it as an answer to a request with this method. */
  byte[] bytes(String method) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length + 1024);
    bytes.writeBytes(head());
    boolean bodiless = method.equals("HEAD") || status < 200 || status == 204 || status == 304;
    if (bodiless || framing == Framing.NONE) {
      return bytes.toByteArray();
    }
    if (framing != Framing.CHUNKED) {
      bytes.writeBytes(body);
      return bytes.toByteArray();
    }
    for (int from = 0; from < body.length; from += 16 * 1024) {
      bytes.writeBytes(
          chunk(Arrays.copyOfRange(body, from, Math.min(body.length, from + 16 * 1024))));
    }
    StringBuilder end = new StringBuilder("0\r\n");
    trailerLines.forEach(line -> end.append(line).append("\r\n"));
    bytes.writeBytes(end.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    return bytes.toByteArray();
  }

  /** One chunk of a chunked body; the last one, without trailers, when there are no bytes. */
  static byte[] chunk(byte[] bytes) {
    ByteArrayOutputStream chunk = new ByteArrayOutputStream(bytes.length + 16);
    chunk.writeBytes(
        (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    chunk.writeBytes(bytes);
    chunk.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    return chunk.toByteArray();
  }
}
