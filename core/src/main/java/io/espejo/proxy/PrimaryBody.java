package io.espejo.proxy;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import java.util.List;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The client's body as Jetty's client pulls it for v1; whoever observes sees each chunk first. */
final class PrimaryBody implements Request.Content {
  /** What is read of a body that v1 does not take, in bytes. */
  private static final int MAX_DRAINED = 64 * 1024;

  private final RequestBody body;
  private final long length;
  private final List<? extends BodyObserver> observers;

  // Guarded by this. The monitor is never held while the body is read, because a container may
  // lock there what its thread has locked that waits here: who is reading says so instead.
  private boolean reading;
  private boolean asked;
  private boolean ended;
  private boolean failedDownstream;
  private @Nullable Throwable failure;
  private @Nullable Throwable abandoned;

  // Touched by the one who is reading.
  private long received;

  PrimaryBody(RequestBody body, long length, List<? extends BodyObserver> observers) {
    this.body = body;
    this.length = length;
    this.observers = observers;
  }

  void open() {
    body.open();
  }

  /** There is no body, and never was: the observers may know at once. */
  void none() {
    end(Headers.EMPTY);
  }

  @Override
  public Content.@Nullable Chunk read() {
    synchronized (this) {
      if (failure != null) {
        return Content.Chunk.from(failure, true);
      }
      if (ended) {
        return Content.Chunk.EOF;
      }
      if (abandoned != null) {
        return Content.Chunk.from(abandoned, true);
      }
      reading = true;
    }
    BodyChunk chunk = next();
    Throwable cause;
    boolean last;
    synchronized (this) {
      reading = abandoned != null;
      cause = abandoned != null ? abandoned : failure;
      last = ended;
    }
    if (cause == null) {
      return chunk == BodyChunk.NOT_YET
          ? null
          : Content.Chunk.from(chunk.bytes(), last, chunk::release);
    }
    if (chunk.length() > 0) {
      chunk.release();
    }
    drain(cause);
    return Content.Chunk.from(cause, true);
  }

  /** Reads on, and shows the observers what there is. */
  private BodyChunk next() {
    BodyChunk chunk = body.read();
    if (chunk == BodyChunk.NOT_YET) {
      return chunk;
    }
    if (chunk.failure().isPresent()) {
      synchronized (this) {
        failedDownstream = true;
      }
      cut(chunk.failure().get());
      return chunk;
    }
    for (BodyObserver observer : observers) {
      observer.onChunk(chunk);
    }
    received += chunk.length();
    // With a length the end is known; the container may tell of it only later.
    if (chunk.last() || received == length) {
      end(body.trailers());
    }
    return chunk;
  }

  private void end(Headers trailers) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    for (BodyObserver observer : observers) {
      observer.onEnd(trailers);
    }
  }

  private void cut(Throwable cause) {
    synchronized (this) {
      failure = cause;
    }
    for (BodyObserver observer : observers) {
      observer.onCut(cause);
    }
  }

  /**
   * v1 takes no more. What has already come of the body is shown to the observers, so that a small
   * request which v1 refused is mirrored whole; if it was not whole yet, they hear that it is cut.
   */
  void abandon(Throwable cause) {
    synchronized (this) {
      abandoned = cause;
      if (reading) {
        // Who reads sees it, and goes on here.
        return;
      }
      reading = true;
    }
    drain(cause);
  }

  private void drain(Throwable cause) {
    int drained = 0;
    while (underWay()) {
      BodyChunk chunk = drained < MAX_DRAINED ? next() : BodyChunk.NOT_YET;
      if (chunk == BodyChunk.NOT_YET) {
        cut(cause);
        body.fail(cause);
        return;
      }
      drained += chunk.length();
      chunk.release();
    }
  }

  private synchronized boolean underWay() {
    return !ended && failure == null;
  }

  /** Whether v1 was gone before the body was ever asked for, and somebody observes it. */
  synchronized boolean isUnasked() {
    return !asked && !ended && failure == null && !observers.isEmpty();
  }

  synchronized boolean ended() {
    return ended;
  }

  synchronized boolean failedDownstream() {
    return failedDownstream;
  }

  @Override
  public void demand(Runnable callback) {
    synchronized (this) {
      asked = true;
    }
    body.demand(callback);
  }

  @Override
  public void fail(Throwable cause) {
    // The exchange's end tells of it, and decides on the rest of the body.
  }

  /** None: the client's own header says, if it does. */
  @Override
  public @Nullable String getContentType() {
    return null;
  }

  @Override
  public long getLength() {
    return length;
  }

  HttpFields trailers() {
    HttpFields.Mutable fields = HttpFields.build();
    Headers trailers = body.trailers();
    for (int line = 0; line < trailers.size(); line++) {
      fields.add(trailers.name(line), trailers.value(line));
    }
    return fields;
  }
}
