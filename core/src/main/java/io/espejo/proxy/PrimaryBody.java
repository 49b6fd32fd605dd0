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

  // Guarded by this: Jetty reads on one thread while another may abandon the exchange.
  private long received;
  private boolean asked;
  private boolean ended;
  private boolean failedDownstream;
  private @Nullable Throwable failure;

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
  public synchronized Content.@Nullable Chunk read() {
    if (failure != null) {
      return Content.Chunk.from(failure, true);
    }
    if (ended) {
      return Content.Chunk.EOF;
    }
    BodyChunk chunk = next();
    if (failure != null) {
      return Content.Chunk.from(failure, true);
    }
    return chunk == BodyChunk.NOT_YET
        ? null
        : Content.Chunk.from(chunk.bytes(), ended, chunk::release);
  }

  private synchronized BodyChunk next() {
    BodyChunk chunk = body.read();
    if (chunk == BodyChunk.NOT_YET) {
      return chunk;
    }
    if (chunk.failure().isPresent()) {
      failedDownstream = true;
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

  private synchronized void end(Headers trailers) {
    if (!ended) {
      ended = true;
      for (BodyObserver observer : observers) {
        observer.onEnd(trailers);
      }
    }
  }

  private void cut(Throwable cause) {
    failure = cause;
    for (BodyObserver observer : observers) {
      observer.onCut(cause);
    }
  }

  /**
   * v1 takes no more. What has already come of the body is shown to the observers, so that a small
   * request which v1 refused is mirrored whole; if it was not whole yet, they hear that it is cut.
   */
  synchronized void abandon(Throwable cause) {
    int drained = 0;
    while (!ended && failure == null) {
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
