package io.espejo.jaxrs;

import io.espejo.ObservedBody;
import io.espejo.exchange.Headers;
import java.io.IOException;
import java.io.InputStream;

/** A request's entity as the resource reads it, which shows the copies what it reads. */
final class ObservedStream extends InputStream {
  /** What is read of an entity that the resource left, in bytes. */
  private static final int MAX_DRAINED = 1024 * 1024;

  private final InputStream input;
  private final ObservedBody body;
  private final ServletFacts facts;
  private final boolean expectsContinue;
  private boolean touched;
  private boolean closed;

  /**
   * An entity of which copies are made.
   *
   * @param expectsContinue whether the client sends it only if it is asked for
   */
  ObservedStream(
      InputStream input, ObservedBody body, ServletFacts facts, boolean expectsContinue) {
    this.input = input;
    this.body = body;
    this.facts = facts;
    this.expectsContinue = expectsContinue;
  }

  @Override
  public int read() throws IOException {
    touched = true;
    int read;
    try {
      read = input.read();
    } catch (IOException | RuntimeException failure) {
      body.onCut(failure);
      throw failure;
    }
    if (read < 0) {
      ended();
    } else if (body.onByte(read)) {
      ended();
    }
    return read;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    touched = true;
    int read;
    try {
      read = input.read(bytes, offset, length);
    } catch (IOException | RuntimeException failure) {
      body.onCut(failure);
      throw failure;
    }
    if (read < 0) {
      ended();
    } else if (body.onBytes(bytes, offset, read)) {
      ended();
    }
    return read;
  }

  private void ended() {
    body.onEnd(() -> Headers.EMPTY);
  }

  @Override
  public int available() throws IOException {
    return input.available();
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      drain();
      closed = true;
    }
    input.close();
  }

  /** Reads what the resource has left, as far as it is here already: nobody reads it any more. */
  void drain() {
    body.flush();
    if (closed || (!touched && expectsContinue)) {
      return;
    }
    byte[] buffer = new byte[8192];
    try {
      for (int drained = 0; body.live() && drained < MAX_DRAINED; ) {
        int available = input.available();
        if (available <= 0) {
          break;
        }
        int read = read(buffer, 0, Math.min(available, buffer.length));
        if (read < 0) {
          break;
        }
        drained += read;
      }
      if (body.live() && facts.bodyFinished() && (body.seen() || !body.measured())) {
        ended();
      }
    } catch (IOException | RuntimeException gone) {
      // The copies end unread.
    }
  }
}
