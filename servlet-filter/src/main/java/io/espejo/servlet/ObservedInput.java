package io.espejo.servlet;

import io.espejo.LocalCopies;
import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.IOException;

/** A request's body as the application reads it, which shows the copies what it reads. */
final class ObservedInput extends ServletInputStream {
  private final ServletInputStream input;
  private final HttpServletRequest request;
  private final LocalCopies copies;
  private final ChunkPool pool;
  private final boolean measured;

  // Guarded by this.
  private long left;
  private byte[] gathered = {};
  private int gatheredLength;

  private volatile boolean touched;
  private volatile boolean listened;

  ObservedInput(HttpServletRequest request, LocalCopies copies, ChunkPool pool) throws IOException {
    this.input = request.getInputStream();
    this.request = request;
    this.copies = copies;
    this.pool = pool;
    long length = request.getContentLengthLong();
    this.measured = length >= 0;
    this.left = measured ? length : Long.MAX_VALUE;
  }

  @Override
  public int read() throws IOException {
    touched = true;
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
      gather(read);
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
      copies.onCut(failure);
      throw failure;
    }
    if (read < 0) {
      ended();
    } else {
      observe(bytes, offset, read);
    }
    return read;
  }

  private synchronized void observe(byte[] bytes, int offset, int length) {
    if (!copies.live()) {
      return;
    }
    flush();
    for (int done = 0; done < length; ) {
      byte[] buffer = pool.take();
      int piece = Math.min(length - done, buffer.length);
      System.arraycopy(bytes, offset + done, buffer, 0, piece);
      pass(buffer, piece);
      done += piece;
    }
    count(length);
  }

  /** Bytes that are read one by one are shown together. */
  private synchronized void gather(int read) {
    if (!copies.live()) {
      return;
    }
    if (gathered.length == 0) {
      gathered = pool.take();
    }
    gathered[gatheredLength++] = (byte) read;
    if (gatheredLength == gathered.length) {
      flush();
    }
    count(1);
  }

  private void flush() {
    if (gathered.length > 0) {
      byte[] buffer = gathered;
      int length = gatheredLength;
      gathered = new byte[0];
      gatheredLength = 0;
      pass(buffer, length);
    }
  }

  private void pass(byte[] buffer, int length) {
    BodyChunk chunk = BodyChunk.pooled(pool, buffer, length, false);
    copies.onChunk(chunk);
    chunk.release();
  }

  /** Many an application reads as much as was announced, and never asks for the end. */
  private void count(int read) {
    left -= read;
    if (left == 0) {
      ended();
    }
  }

  private synchronized void ended() {
    flush();
    if (measured && left > 0) {
      copies.onCut(new EOFException("body cut short"));
    } else if (copies.live()) {
      copies.onEnd(Trailers.of(request));
    }
  }

  /** Lets go of what was gathered. */
  synchronized void release() {
    flush();
  }

  /** Whether the application has read any of it, or asked to be called when it can. */
  boolean touched() {
    return touched || listened;
  }

  /** Reads what the application has left, up to a limit in bytes, as far as it is here already. */
  void drain(int limit) {
    if (listened) {
      return;
    }
    byte[] buffer = pool.take();
    try {
      int available = input.available();
      for (int drained = 0; available > 0 && drained < limit && copies.live(); ) {
        int read = read(buffer, 0, Math.min(available, buffer.length));
        if (read < 0) {
          return;
        }
        drained += read;
        available = input.available();
      }
      if (available <= 0 && input.isFinished()) {
        ended();
      }
    } catch (IOException | RuntimeException gone) {
      copies.onCut(gone);
    } finally {
      pool.give(buffer);
    }
  }

  @Override
  public int available() throws IOException {
    return input.available();
  }

  @Override
  public void close() throws IOException {
    input.close();
  }

  @Override
  public boolean isFinished() {
    return input.isFinished();
  }

  @Override
  public boolean isReady() {
    return input.isReady();
  }

  @Override
  public void setReadListener(ReadListener listener) {
    listened = true;
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
  }
}
