package io.espejo.testkit;

import io.espejo.exchange.Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads HTTP/1.1 messages off a socket byte by byte, and hides nothing of them. */
final class WireReader {
  private final BufferedInputStream in;

  WireReader(InputStream in) {
    this.in = new BufferedInputStream(in, 16 * 1024);
  }

  /** The bytes behind what was read. */
  InputStream rest() {
    return in;
  }

  /** Waits for a byte without taking it; false at the end of the stream. */
  boolean awaitByte() throws IOException {
    in.mark(1);
    if (in.read() < 0) {
      return false;
    }
    in.reset();
    return true;
  }

  /** Appends to {@code lines} up to the empty line; what came before an end is in there, too. */
  void lines(List<String> lines) throws IOException {
    for (String line = line(); !line.isEmpty(); line = line()) {
      lines.add(line);
    }
  }

  /** Takes exactly {@code count} bytes into {@code body}, at most {@code step} at a time. */
  void exactly(long count, int step, RecordedBody body, Pace pace)
      throws IOException, InterruptedException {
    byte[] buffer = new byte[step];
    for (long left = count; left > 0; ) {
      pace.next();
      int read = in.read(buffer, 0, (int) Math.min(left, step));
      if (read < 0) {
        throw new EOFException("cut " + left + " bytes before the end");
      }
      body.add(buffer, read);
      left -= read;
    }
  }

  /** Takes chunks up to the last one, then the trailer lines. */
  void chunked(int step, RecordedBody body, List<String> trailerLines, Pace pace)
      throws IOException, InterruptedException {
    while (chunk(step, body, pace)) {
      if (!line().isEmpty()) {
        throw new EOFException("no line end after a chunk");
      }
    }
    lines(trailerLines);
  }

  /**
   * Takes one chunk, but not the line end behind it, which a server may send with the next; false
   * if it is the last one.
   */
  boolean chunk(int step, RecordedBody body, Pace pace) throws IOException, InterruptedException {
    long size = chunkSize();
    exactly(size, step, body, pace);
    return size > 0;
  }

  /** Takes everything up to the end of the stream. */
  void untilClose(int step, RecordedBody body, Pace pace) throws IOException, InterruptedException {
    byte[] buffer = new byte[step];
    while (true) {
      pace.next();
      int read = in.read(buffer);
      if (read < 0) {
        return;
      }
      body.add(buffer, read);
    }
  }

  private long chunkSize() throws IOException {
    String line = line();
    int extension = line.indexOf(';');
    try {
      return Long.parseLong((extension < 0 ? line : line.substring(0, extension)).trim(), 16);
    } catch (NumberFormatException e) {
      throw new IOException("not a chunk size: " + line, e);
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("cut within a line: " + line);
      }
      line.write(b);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  /** The lines after the first as headers, without the white space around values. */
  static Headers headers(List<String> head) {
    Headers.Builder headers = Headers.builder();
    for (String line : new ArrayList<>(head.subList(Math.min(1, head.size()), head.size()))) {
      int colon = line.indexOf(':');
      headers.add(line.substring(0, Math.max(colon, 0)), line.substring(colon + 1).strip());
    }
    return headers.build();
  }

  /** Whether the last coding of a message with these headers is chunked. */
  static boolean isChunked(Headers headers) {
    return headers.first("Transfer-Encoding").filter(v -> v.endsWith("chunked")).isPresent();
  }

  /** Waits before each read, or not at all. */
  @FunctionalInterface
  interface Pace {
    /** As fast as the bytes come. */
    Pace NONE = () -> {};

    /** Returns when the next read may begin. */
    void next() throws IOException, InterruptedException;
  }
}
