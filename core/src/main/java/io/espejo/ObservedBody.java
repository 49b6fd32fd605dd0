package io.espejo;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import java.io.EOFException;
import java.util.function.Supplier;

/**
 * What an application reads of a request's body, on its way to the copies: an adapter's stream
 * tells it of each read.
 *
 * <p>The bytes are copied once, into pooled buffers, and only while a copy wants them. No method
 * blocks or throws; calls may come from any threads, one after the other.
 *
 * <pre>{@code
 * if (body.onBytes(bytes, offset, read)) {
 *   body.onEnd(() -> Headers.EMPTY);
 * }
 * }</pre>
 */
public final class ObservedBody {
  private final LocalCopies copies;
  private final ChunkPool pool;
  private final boolean measured;

  // Guarded by this.
  private long left;
  private byte[] gathered = {};
  private int gatheredLength;
  private boolean seen;

  /**
   * The body of a request.
   *
   * @param length in bytes, as announced; -1 if it was not
   */
  public ObservedBody(LocalCopies copies, ChunkPool pool, long length) {
    this.copies = copies;
    this.pool = pool;
    this.measured = length >= 0;
    this.left = measured ? length : Long.MAX_VALUE;
  }

  /** These were read; gives whether the body has as many now as were announced. */
  public synchronized boolean onBytes(byte[] bytes, int offset, int length) {
    if (!copies.live()) {
      return false;
    }
    flush();
    for (int done = 0; done < length; ) {
      byte[] buffer = pool.take();
      int piece = Math.min(length - done, buffer.length);
      System.arraycopy(bytes, offset + done, buffer, 0, piece);
      pass(buffer, piece);
      done += piece;
    }
    return count(length);
  }

  /** The same of one byte; bytes that are read one by one are shown together. */
  public synchronized boolean onByte(int read) {
    if (!copies.live()) {
      return false;
    }
    if (gathered.length == 0) {
      gathered = pool.take();
    }
    gathered[gatheredLength++] = (byte) read;
    if (gatheredLength == gathered.length) {
      flush();
    }
    return count(1);
  }

  /** Shows what was gathered byte by byte: nobody reads any more, or nobody knows. */
  public synchronized void flush() {
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

  private boolean count(int read) {
    seen = true;
    left -= read;
    return left == 0;
  }

  /** Nothing follows: the body is whole, unless more was announced. */
  public synchronized void onEnd(Supplier<Headers> trailers) {
    flush();
    if (measured && left > 0) {
      copies.onCut(new EOFException("body cut short"));
    } else if (copies.live()) {
      copies.onEnd(trailers.get());
    }
  }

  /** Reading failed. */
  public void onCut(Throwable cause) {
    copies.onCut(cause);
  }

  /** Whether what is read from now on is of use to any copy. */
  public boolean live() {
    return copies.live();
  }

  /** Whether its length was announced. */
  public boolean measured() {
    return measured;
  }

  /** Whether all that was announced was read. */
  public synchronized boolean complete() {
    return left == 0;
  }

  /** Whether a byte of it was read. */
  public synchronized boolean seen() {
    return seen;
  }
}
