package io.espejo.servlet;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A servlet request's body, read without blocking.
 *
 * <p>The container's stream is asked only while it is known to be ready: from the first {@code
 * onDataAvailable} on, until {@code isReady()} says no; then the container calls again. {@code
 * isFinished()} is never asked (on Grizzly it is true while bytes wait).
 *
 * <p>Tomcat tells of the end of chunks from within the read that meets it. In a call of its own it
 * then looks for a next request in the same place, whose turn it is not, and calls for the body
 * once more when that comes. So there chunks are read elsewhere, but not by {@code
 * AsyncContext.start}, which touches the request once more when its task is done, whoever's it is
 * by then.
 *
 * <p>Open Liberty forgets to call again where its answer to another thread's {@code isReady()}, no,
 * and the bytes meet. So there it is asked within its calls alone, and a call that has brought
 * bytes lasts for as long as nobody wants them.
 */
final class ServletRequestBody implements RequestBody, ReadListener {
  private final HttpServletRequest request;
  private final ChunkPool pool;
  private final Executor elsewhere;
  private final boolean measured;
  private final Lease lease;

  /** Whether this is read by {@link #reader} alone: {@link #elsewhere}, or in a call that lasts. */
  private final boolean moved;

  /** Whether the end may be that of a stream which was reset. */
  private final boolean resettable;

  private final boolean openLiberty;

  // What the container is asked, it is asked by the one reader and outside the monitor: it may lock
  // then what its own thread has locked that waits to signal.
  private volatile @Nullable ServletInputStream input;
  private volatile boolean readable;
  private volatile @Nullable BodyChunk end;
  private long missing;

  /** Whether the container has said its last: it makes no further call. */
  private volatile boolean settled;

  /** What the container's next call is to do instead. */
  private volatile @Nullable Runnable nextCall;

  private volatile @Nullable Thread reader;

  // Guarded by this.
  private @Nullable Runnable demand;

  /**
   * Of this request.
   *
   * @param elsewhere where chunks are read on Tomcat
   * @param onLate hears of a call that outlasts the request
   */
  ServletRequestBody(
      HttpServletRequest request,
      ChunkPool pool,
      Executor elsewhere,
      Container container,
      Runnable onLate) {
    this.request = request;
    this.pool = pool;
    this.elsewhere = elsewhere;
    long length = request.getContentLengthLong();
    boolean tomcat = container == Container.TOMCAT;
    this.lease = new Lease(tomcat, onLate);
    this.measured = length >= 0;
    this.openLiberty = container == Container.OPEN_LIBERTY;
    this.moved = openLiberty || (tomcat && request.getHeader("Transfer-Encoding") != null);
    this.resettable =
        tomcat
            && request.getProtocol().startsWith("HTTP/2")
            && request.getDispatcherType() == DispatcherType.REQUEST;
    this.missing = measured ? length : Long.MAX_VALUE;
  }

  @Override
  public BodyChunk read() {
    BodyChunk known = end;
    if (known != null) {
      return known;
    }
    ServletInputStream stream = input;
    if (stream == null || !readable || (moved && reader != Thread.currentThread())) {
      return BodyChunk.NOT_YET;
    }
    if (!lease.enter()) {
      return left();
    }
    try {
      return readInput(stream);
    } finally {
      lease.exit();
    }
  }

  /**
   * Fills a buffer as far as it goes now, as containers give 8 KiB at most at a time. The end is
   * not asked for where the length tells it: Tomcat takes a lock to tell of it.
   */
  private BodyChunk readInput(ServletInputStream stream) {
    byte[] buffer = null;
    int length = 0;
    try {
      while (end == null && length < ChunkPool.BUFFER_SIZE && missing > 0 && isReady(stream)) {
        if (buffer == null) {
          buffer = pool.take();
        }
        int read = stream.read(buffer, length, buffer.length - length);
        if (read < 0) {
          ended(measured ? BodyChunk.failed(new EOFException("body cut short")) : BodyChunk.END);
        } else {
          length += read;
          missing -= read;
        }
      }
    } catch (IOException | RuntimeException gone) {
      ended(BodyChunk.failed(gone));
    }
    // Whose call then has nothing more to wait for.
    settled |= openLiberty && missing == 0;
    if (buffer != null) {
      if (length > 0) {
        return BodyChunk.pooled(pool, buffer, length, false);
      }
      pool.give(buffer);
    }
    // At NOT_YET the container calls onDataAvailable, onAllDataRead or onError next.
    if (missing == 0) {
      settled = true;
      return BodyChunk.END;
    }
    BodyChunk known = end;
    return known != null ? known : BodyChunk.NOT_YET;
  }

  private BodyChunk left() {
    BodyChunk failed = BodyChunk.failed(new IOException("the request has been answered"));
    ended(failed);
    return failed;
  }

  /** What this and the answer use the container's objects by. */
  Lease lease() {
    return lease;
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
      if ((openLiberty ? !settled : !readable) && end == null) {
        demand = onReadable;
        notifyAll();
        return;
      }
    }
    tell(onReadable);
  }

  private void tell(Runnable onReadable) {
    if (!moved) {
      onReadable.run();
      return;
    }
    try {
      elsewhere.execute(() -> read(onReadable));
    } catch (RuntimeException over) {
      // Closed.
      fail(over);
      onReadable.run();
    }
  }

  private void read(Runnable onReadable) {
    reader = Thread.currentThread();
    try {
      onReadable.run();
    } finally {
      if (reader == Thread.currentThread()) {
        reader = null;
      }
    }
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
      if (openLiberty) {
        // Its first call may come within this one, and lasts.
        request.getAsyncContext().start(() -> listen(stream));
      } else {
        listen(stream);
      }
    } catch (IOException | RuntimeException failure) {
      unreadable(failure);
    }
  }

  /** May call back before it returns. */
  private void listen(ServletInputStream stream) {
    try {
      stream.setReadListener(this);
    } catch (RuntimeException failure) {
      unreadable(failure);
    }
  }

  private void unreadable(Exception failure) {
    settled = true;
    signal(BodyChunk.failed(failure));
  }

  /** Whether there may be a body at all. */
  boolean expected() {
    return !measured || missing > 0;
  }

  /** Whether the container owes this a call, which may come at any time. */
  boolean mayBeCalled() {
    return input != null && !readable && !settled;
  }

  /** Has the container's next call do this instead. */
  void onNextCall(Runnable action) {
    nextCall = action;
  }

  @Override
  public void onDataAvailable() {
    if (openLiberty) {
      serve();
    } else {
      signal(null);
    }
  }

  /** Lets the core read here, each time it wants to, until there is nothing left to read. */
  private void serve() {
    readable = true;
    Runnable waiting;
    while (readable && !settled && (waiting = awaitDemand()) != null) {
      read(waiting);
    }
  }

  private synchronized @Nullable Runnable awaitDemand() {
    try {
      while (demand == null && end == null) {
        wait();
      }
    } catch (InterruptedException stopped) {
      ended(BodyChunk.failed(stopped));
      Thread.currentThread().interrupt();
    }
    Runnable waiting = demand;
    demand = null;
    return waiting;
  }

  /**
   * Tomcat tells of the end of a stream of HTTP/2, too, that its client has reset; then its call
   * for the error follows.
   */
  @Override
  public void onAllDataRead() {
    if (!resettable || request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) == null) {
      settled = true;
      signal(BodyChunk.END);
    }
  }

  /** Tomcat ends the request after it. */
  @Override
  public void onError(Throwable failure) {
    settled = true;
    lease.revoke();
    signal(BodyChunk.failed(failure));
  }

  private void signal(@Nullable BodyChunk ending) {
    Runnable instead = nextCall;
    if (instead != null) {
      instead.run();
      return;
    }
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
      tell(waiting);
    }
  }

  @Override
  public void fail(Throwable cause) {
    synchronized (this) {
      ended(BodyChunk.failed(cause));
      demand = null;
      notifyAll();
    }
  }

  @Override
  public Headers trailers() {
    return Trailers.of(request);
  }
}
