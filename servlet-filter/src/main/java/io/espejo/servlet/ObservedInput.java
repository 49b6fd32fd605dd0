package io.espejo.servlet;

import io.espejo.LocalCopies;
import io.espejo.ObservedBody;
import io.espejo.exchange.ChunkPool;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A request's body as the application reads it, which shows the copies what it reads. */
final class ObservedInput extends ServletInputStream {
  private final ServletInputStream input;
  private final HttpServletRequest request;
  private final LocalCopies copies;
  private final ChunkPool pool;
  private final ObservedBody body;

  /** Whether another filter's wrapper has the body, which need not be as long as was announced. */
  private final boolean wrapped;

  /** What was read of it behind the application's back, for whoever reads after it. */
  private ByteArrayInputStream kept = new ByteArrayInputStream(new byte[0]);

  private volatile boolean touched;
  private volatile boolean listened;

  ObservedInput(HttpServletRequest request, LocalCopies copies, ChunkPool pool) throws IOException {
    this.input = request.getInputStream();
    this.request = request;
    this.copies = copies;
    this.pool = pool;
    this.body = new ObservedBody(copies, pool, request.getContentLengthLong());
    this.wrapped = request instanceof ServletRequestWrapper;
  }

  @Override
  public int read() throws IOException {
    touched = true;
    if (kept.available() > 0) {
      return kept.read();
    }
    int read;
    try {
      read = input.read();
    } catch (IOException | RuntimeException failure) {
      copies.onCut(failure);
      throw failure;
    }
    if (read < 0) {
      ended();
    } else {
      endIfComplete(body.onByte(read));
    }
    return read;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    touched = true;
    if (kept.available() > 0) {
      return kept.read(bytes, offset, length);
    }
    try {
      return next(bytes, offset, length);
    } catch (IOException | RuntimeException failure) {
      copies.onCut(failure);
      throw failure;
    }
  }

  private int next(byte[] bytes, int offset, int length) throws IOException {
    int read = input.read(bytes, offset, length);
    if (read < 0) {
      ended();
    } else {
      endIfComplete(body.onBytes(bytes, offset, read));
    }
    return read;
  }

  /** Many an application reads as much as was announced, and never asks for the end. */
  private void endIfComplete(boolean complete) {
    if (complete && !wrapped) {
      ended();
    }
  }

  private void ended() {
    if (!body.measured() && !body.seen() && Forms.in(request)) {
      // A filter before this one has asked for a parameter, so that the container has read it.
      copies.end();
    } else {
      body.onEnd(() -> Trailers.of(request));
    }
  }

  /** Nobody reads any more. */
  void release() {
    body.flush();
    try {
      if (wrapped && body.complete() && input.isFinished()) {
        ended();
      }
    } catch (RuntimeException gone) {
      // It is not known to be whole.
    }
  }

  /** Whether it is the container's stream: of another one nobody knows what reading it does. */
  boolean isContainers() {
    try {
      return !wrapped || Wrapped.innermost(request).getInputStream() == input;
    } catch (IOException | RuntimeException read) {
      // Otherwise.
      return false;
    }
  }

  /** Whether the application has read any of it, or asked to be called when it can. */
  boolean touched() {
    return touched || listened;
  }

  /** Whether a byte of it was seen here. */
  boolean seen() {
    return body.seen();
  }

  /**
   * Reads what the application has left, up to a limit in bytes, as far as it is here already.
   *
   * @param keep whether somebody may read it after the application, as an error page does
   */
  void drain(int limit, boolean keep) {
    if (listened) {
      return;
    }
    byte[] buffer = pool.take();
    ByteArrayOutputStream drained = new ByteArrayOutputStream(0);
    try {
      int available = input.available();
      for (int length = 0; available > 0 && length < limit && copies.live(); ) {
        int read = next(buffer, 0, Math.min(Math.min(available, buffer.length), limit - length));
        if (read < 0) {
          break;
        }
        if (keep) {
          drained.write(buffer, 0, read);
        }
        length += read;
        available = input.available();
      }
      if (available <= 0 && input.isFinished() && !readByOthers()) {
        ended();
      }
    } catch (IOException | RuntimeException closed) {
      // Tomcat closes it with the answer's stream: the copies end unread.
    } finally {
      pool.give(buffer);
      kept = new ByteArrayInputStream(drained.toByteArray());
    }
  }

  /** Not a byte was seen here of what should have some: it was read past this stream. */
  private boolean readByOthers() {
    return !touched
        && !body.measured()
        && !seen()
        && (request.getContentType() != null || request.getHeader("Transfer-Encoding") != null);
  }

  @Override
  public int available() throws IOException {
    return kept.available() > 0 ? kept.available() : input.available();
  }

  @Override
  public void close() throws IOException {
    input.close();
  }

  @Override
  public boolean isFinished() {
    return kept.available() == 0 && input.isFinished();
  }

  @Override
  public boolean isReady() {
    return kept.available() > 0 || input.isReady();
  }

  @Override
  public void setReadListener(@Nullable ReadListener listener) {
    if (listener == null) {
      // The container says what is wrong with that.
      input.setReadListener(listener);
      return;
    }
    input.setReadListener(
        new ReadListener() {
          @Override
          public void onDataAvailable() throws IOException {
            listener.onDataAvailable();
          }

          @Override
          public void onAllDataRead() throws IOException {
            ended();
            listener.onAllDataRead();
          }

          @Override
          public void onError(Throwable failure) {
            copies.onCut(failure);
            listener.onError(failure);
          }
        });
    listened = true;
  }
}
