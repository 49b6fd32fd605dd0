package io.espejo.servlet;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Map;
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

  // Guarded by this.
  private @Nullable ServletInputStream input;
  private boolean readable;
  private @Nullable BodyChunk end;
  private @Nullable Runnable demand;

  ServletRequestBody(HttpServletRequest request, ChunkPool pool) {
    this.request = request;
    this.pool = pool;
  }

  @Override
  public BodyChunk read() {
    synchronized (this) {
      if (end != null) {
        return end;
      }
      if (!readable || input == null) {
        return BodyChunk.NOT_YET;
      }
      return readInput(input);
    }
  }

  /** Fills a buffer as far as it goes now: containers give 8 KiB at most at a time. */
  private BodyChunk readInput(ServletInputStream stream) {
    byte[] buffer = null;
    int length = 0;
    try {
      while (end == null && length < ChunkPool.BUFFER_SIZE && isReady(stream)) {
        if (buffer == null) {
          buffer = pool.take();
        }
        int read = stream.read(buffer, length, buffer.length - length);
        if (read < 0) {
          end = BodyChunk.END;
        } else {
          length += read;
        }
      }
    } catch (IOException | RuntimeException gone) {
      end = BodyChunk.failed(gone);
    }
    if (buffer != null) {
      if (length > 0) {
        return BodyChunk.pooled(pool, buffer, length, false);
      }
      pool.give(buffer);
    }
    // At NOT_YET the container calls onDataAvailable, onAllDataRead or onError next.
    return end != null ? end : BodyChunk.NOT_YET;
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
      synchronized (this) {
        input = stream;
      }
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
      if (end == null && ending != null) {
        end = ending;
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
      if (end == null) {
        end = BodyChunk.failed(cause);
      }
      demand = null;
    }
  }

  @Override
  public Headers trailers() {
    if (!request.isTrailerFieldsReady()) {
      return Headers.EMPTY;
    }
    Headers.Builder lines = Headers.builder();
    for (Map.Entry<String, String> field : request.getTrailerFields().entrySet()) {
      lines.add(field.getKey(), field.getValue());
    }
    return lines.build();
  }
}
