package io.espejo.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A request as a client puts it on the wire, to the byte; nothing is added but what its calls say.
 *
 * <pre>{@code
 * RawRequest.of("POST", "/a//b?q=%zz").host("httpbin:8000").body(bytes)
 * }</pre>
 *
 * @param method as sent
 * @param head the request line and the header lines
 * @param body the bytes as they go on the wire, chunk headers included
 */
public record RawRequest(String method, List<String> head, byte[] body) {
  public RawRequest {
    head = List.copyOf(head);
  }

  /** A request line; the host is httpbin unless told otherwise by {@link #host}. */
  public static RawRequest of(String method, String target) {
    return new RawRequest(
        method, List.of(method + " " + target + " HTTP/1.1", "Host: httpbin"), new byte[0]);
  }

  /** A GET. */
  public static RawRequest get(String target) {
    return of("GET", target);
  }

  /** A POST; its body is still to be said. */
  public static RawRequest post(String target) {
    return of("POST", target);
  }

  /** The same with this Host in place of the other. */
  public RawRequest host(String host) {
    List<String> lines = new ArrayList<>(head);
    lines.replaceAll(line -> line.startsWith("Host: ") ? "Host: " + host : line);
    return new RawRequest(method, lines, body);
  }

  /** The same as HTTP/1.0. */
  public RawRequest http10() {
    List<String> lines = new ArrayList<>(head);
    lines.set(0, lines.get(0).replace("HTTP/1.1", "HTTP/1.0"));
    return new RawRequest(method, lines, body);
  }

  /** The same with one more header line. */
  public RawRequest header(String name, String value) {
    List<String> lines = new ArrayList<>(head);
    lines.add(name + ": " + value);
    return new RawRequest(method, lines, body);
  }

  /** The same with these bytes and their length. */
  public RawRequest body(byte[] bytes) {
    RawRequest framed = header("Content-Length", Integer.toString(bytes.length));
    return new RawRequest(method, framed.head, bytes);
  }

  /** The same with this text in ISO-8859-1 and its length. */
  public RawRequest body(String text) {
    return body(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The same with these bytes in chunks of at most {@code size} bytes, and these trailer lines. */
  public RawRequest chunked(byte[] bytes, int size, String... trailerLines) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream(bytes.length + bytes.length / 8 + 64);
    for (int from = 0; from < bytes.length; from += size) {
      wire.writeBytes(
          Answer.chunk(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + size))));
    }
    StringBuilder end = new StringBuilder("0\r\n");
    for (String line : trailerLines) {
      end.append(line).append("\r\n");
    }
    wire.writeBytes(end.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    return new RawRequest(method, header("Transfer-Encoding", "chunked").head, wire.toByteArray());
  }

  byte[] headBytes() {
    return (String.join("\r\n", head) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }
}
