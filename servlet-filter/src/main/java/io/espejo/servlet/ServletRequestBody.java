package io.espejo.servlet;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A servlet request's body, read without blocking.
 *
 * <p>The container's stream is asked only while it is known to be ready: from the first {@code
 * onDataAvailable} on, until {@code isReady()} says no; then the container calls again. {@code
 * isFinished()} is never asked (on Grizzly it is true while bytes wait).
 */
final class ServletRequestBody implements RequestBody, ReadListener {
  private final HttpServletRequest request;
  private final ChunkPool pool;
  private final boolean measured;

  // What the container is asked, it is asked by the one reader and outside the monitor: it may lock
  // then what its own thread has locked that waits to signal.
  private volatile @Nullable ServletInputStream input;
  private volatile boolean readable;
  private volatile @Nullable BodyChunk end;
  private long left;

  // Guarded by this.
  private @Nullable Runnable demand;

  ServletRequestBody(HttpServletRequest request, ChunkPool pool) {
    this.request = request;
    this.pool = pool;
    long length = request.getContentLengthLong();
    this.measured = length >= 0;
    this.left = measured ? length : Long.MAX_VALUE;
  }

  @Override
  public BodyChunk read() {
    BodyChunk known = end;
    if (known != null) {
      return known;
    }
    ServletInputStream stream = input;
    return readable && stream != null ? readInput(stream) : BodyChunk.NOT_YET;
  }

  /**
   * Fills a buffer as far as it goes now, as containers give 8 KiB at most at a time. The end is
   * not asked for where the length tells it: Tomcat takes a lock to tell of it.
   */
  private BodyChunk readInput(ServletInputStream stream) {
    byte[] buffer = null;
    int length = 0;
    try {
      while (end == null && length < ChunkPool.BUFFER_SIZE && left > 0 && isReady(stream)) {
        if (buffer == null) {
          buffer = pool.take();
        }
        int read = stream.read(buffer, length, buffer.length - length);
        if (read < 0) {
          ended(measured ? BodyChunk.failed(new EOFException("body cut short")) : BodyChunk.END);
        } else {
          length += read;
          left -= read;
        }
      }
    } catch (IOException | RuntimeException gone) {
      ended(BodyChunk.failed(gone));
    }
    if (buffer != null) {
      if (length > 0) {
        return BodyChunk.pooled(pool, buffer, length, false);
      }
      pool.give(buffer);
    }
    // At NOT_YET the container calls onDataAvailable, onAllDataRead or onError next.
    BodyChunk known = left == 0 ? BodyChunk.END : end;
    return known != null ? known : BodyChunk.NOT_YET;
  }

  private synchronized void ended(BodyChunk how) {
    if (end == null) {
      end = how;
    }
  }

  /** Jetty may call onDataAvailable inside {@code isReady()}, which then says no all the same. */
  private boolean isReady(ServletInputStream stream) {
    do {
      readable = false;
      if (stream.isReady()) {
        readable = true;
        return true;
      }
    } while (readable && end == null);
    return false;
  }

  @Override
  public void demand(Runnable onReadable) {
    synchronized (this) {
      if (!readable && end == null) {
        demand = onReadable;
        return;
      }
    }
    onReadable.run();
  }

  /**
   * Sets the listener, which makes the container answer an {@code Expect: 100-continue}.
   *
   * <p>Tomcat locks a connection while it serves it, and locks it again for a listener that another
   * thread sets. Two threads that serve two clients and begin each other's exchange would wait for
   * each other for ever.
   */
  @Override
  public void open() {
    try {
      ServletInputStream stream = request.getInputStream();
      input = stream;
      // May call back before it returns.
      stream.setReadListener(this);
    } catch (IOException | RuntimeException failure) {
      onError(failure);
    }
  }

  @Override
  public void onDataAvailable() {
    signal(null);
  }

  @Override
  public void onAllDataRead() {
    signal(BodyChunk.END);
  }

  @Override
  public void onError(Throwable failure) {
    signal(BodyChunk.failed(failure));
  }

  private void signal(@Nullable BodyChunk ending) {
    Runnable waiting;
    synchronized (this) {
      readable = true;
      if (ending != null) {
        ended(ending);
      }
      waiting = demand;
      demand = null;
    }
    if (waiting != null) {
      waiting.run();
    }
  }

  @Override
  public void fail(Throwable cause) {
    synchronized (this) {
      ended(BodyChunk.failed(cause));
      demand = null;
    }
  }

  @Override
  public Headers trailers() {
    return Trailers.of(request);
  }
}
