package io.espejo.proxy;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import io.espejo.exchange.RequestSyntax;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * The client's body as Jetty's client pulls it for v1; whoever observes sees each chunk first, and
 * once, however often it is sent.
 */
final class PrimaryBody {
  /** What is read of a body that v1 does not take, in bytes. */
  private static final int MAX_DRAINED = 64 * 1024;

  private final RequestBody body;
  private final long length;
  private final List<? extends BodyObserver> observers;
  private final Runnable onWhole;
  private final Runnable onNotKept;

  // Guarded by this. The monitor is never held while the body is read, because a container may
  // lock there what its thread has locked that waits here: who is reading says so instead.
  private final KeptBody kept;
  private Sending current = new Sending();
  private @Nullable Runnable waiting;
  private boolean reading;
  private boolean asked;
  private boolean ended;
  private boolean failedDownstream;
  private @Nullable Throwable failure;
  private @Nullable Throwable abandoned;
  private boolean gone;

  // Touched by the one who is reading.
  private long received;

  /**
   * A body that was not read from.
   *
   * @param kept what is kept of it for a further attempt
   * @param onWhole called once, when all of it came
   * @param onNotKept called once, when it is found too large to be kept
   */
  PrimaryBody(
      RequestBody body,
      long length,
      List<? extends BodyObserver> observers,
      KeptBody kept,
      Runnable onWhole,
      Runnable onNotKept) {
    this.body = body;
    this.length = length;
    this.observers = observers;
    this.kept = kept;
    this.onWhole = onWhole;
    this.onNotKept = onNotKept;
  }

  void open() {
    body.open();
  }

  /** There is no body, and never was: the observers may know at once. */
  void none() {
    end(Headers.EMPTY);
  }

  /** The body for the next attempt, from its beginning; the attempt before gets no more of it. */
  synchronized Request.Content sending() {
    current.discard();
    current = new Sending();
    for (int i = 0; i < kept.size(); i++) {
      current.again.add(kept.get(i));
    }
    return current;
  }

  private Content.@Nullable Chunk read(Sending sending) {
    synchronized (this) {
      if (sending != current) {
        return Content.Chunk.from(new IOException("this attempt is over"), true);
      }
      if (failure != null) {
        return Content.Chunk.from(failure, true);
      }
      if (abandoned != null) {
        // Even if its end has come since: v1 has not got all of it.
        return Content.Chunk.from(abandoned, true);
      }
      BodyChunk again = sending.again.poll();
      if (again != null) {
        return Content.Chunk.from(again.bytes(), ended && sending.again.isEmpty(), again::release);
      }
      if (ended) {
        return Content.Chunk.EOF;
      }
      if (reading) {
        // The attempt before is at it yet; what it gets comes here.
        return null;
      }
      reading = true;
    }
    BodyChunk chunk = next();
    Throwable cause;
    boolean last;
    Runnable wake = null;
    synchronized (this) {
      reading = abandoned != null;
      cause = abandoned != null ? abandoned : failure;
      last = ended;
      if (sending != current) {
        if (cause == null) {
          if (chunk.length() > 0) {
            current.again.add(chunk);
          }
          chunk = BodyChunk.NOT_YET;
        }
        wake = waiting;
        waiting = null;
      }
    }
    if (cause != null) {
      if (chunk.length() > 0) {
        chunk.release();
      }
      drain(cause);
    }
    if (wake != null) {
      wake.run();
    }
    if (cause != null) {
      return Content.Chunk.from(cause, true);
    }
    return chunk == BodyChunk.NOT_YET
        ? null
        : Content.Chunk.from(chunk.bytes(), last, chunk::release);
  }

  /** Reads on, and shows the observers what there is. */
  private BodyChunk next() {
    BodyChunk chunk = body.read();
    if (chunk == BodyChunk.NOT_YET) {
      return chunk;
    }
    received += chunk.length();
    if (chunk.failure().isEmpty() && isNotAsLongAsItSays(chunk)) {
      chunk.release();
      chunk = BodyChunk.failed(new IOException("a body that is not as long as it says"));
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
    keep(chunk);
    // With a length the end is known; the container may tell of it only later.
    if (chunk.last() || received == length) {
      end(RequestSyntax.trailers(body.trailers()));
    }
    return chunk;
  }

  /** Containers look at it, too; what is beyond the length would be a request of its own to v1. */
  private boolean isNotAsLongAsItSays(BodyChunk chunk) {
    return length >= 0 && (received > length || (chunk.last() && received < length));
  }

  private void keep(BodyChunk chunk) {
    boolean tooMuch;
    synchronized (this) {
      tooMuch = chunk.length() > 0 && kept.isWhole() && !kept.add(chunk);
    }
    if (tooMuch) {
      onNotKept.run();
    }
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
    onWhole.run();
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
    abandon(cause, false);
  }

  /**
   * The same once the client has an answer, or may have: then the container takes the request back,
   * and nothing of it may be touched.
   */
  void leave(Throwable cause) {
    abandon(cause, true);
  }

  private void abandon(Throwable cause, boolean untouched) {
    synchronized (this) {
      abandoned = cause;
      gone |= untouched;
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
      BodyChunk chunk = drained < MAX_DRAINED && !isGone() ? next() : BodyChunk.NOT_YET;
      if (chunk == BodyChunk.NOT_YET) {
        cut(cause);
        body.fail(cause);
        return;
      }
      drained += chunk.length();
      chunk.release();
    }
  }

  private synchronized boolean isGone() {
    return gone;
  }

  private synchronized boolean underWay() {
    return !ended && failure == null;
  }

  /** Whether v1 was gone before the body was ever asked for, and somebody observes it. */
  synchronized boolean isUnasked() {
    return !asked && !ended && failure == null && !observers.isEmpty();
  }

  /** Whether it is on its way, neither whole nor lost. */
  synchronized boolean isComing() {
    return asked && !ended && failure == null;
  }

  /** Whether it could be sent once more, as far as it has come. */
  synchronized boolean mayBeSentAgain() {
    return failure == null && kept.isWhole();
  }

  /** No further attempt will be made. */
  synchronized void forget() {
    kept.drop();
  }

  /** Nobody reads it any more. */
  synchronized void close() {
    kept.drop();
    current.discard();
  }

  synchronized boolean ended() {
    return ended;
  }

  synchronized boolean failedDownstream() {
    return failedDownstream;
  }

  /** Asks to be called when there is more of it. */
  void demand(Runnable callback) {
    body.demand(callback);
  }

  private void demand(Sending sending, Runnable callback) {
    boolean known;
    synchronized (this) {
      asked = true;
      known =
          sending != current
              || !sending.again.isEmpty()
              || ended
              || failure != null
              || abandoned != null;
      if (!known && reading) {
        waiting = callback;
        return;
      }
    }
    if (known) {
      callback.run();
    } else {
      body.demand(callback);
    }
  }

  HttpFields trailers() {
    HttpFields.Mutable fields = HttpFields.build();
    Headers trailers = RequestSyntax.trailers(body.trailers());
    for (int line = 0; line < trailers.size(); line++) {
      fields.add(trailers.name(line), trailers.value(line));
    }
    return fields;
  }

  /** What one attempt sends. */
  private final class Sending implements Request.Content {
    /** What was read for an attempt before; guarded by the body. */
    private final Deque<BodyChunk> again = new ArrayDeque<>(0);

    private void discard() {
      again.forEach(BodyChunk::release);
      again.clear();
    }

    @Override
    public Content.@Nullable Chunk read() {
      return PrimaryBody.this.read(this);
    }

    @Override
    public void demand(Runnable callback) {
      PrimaryBody.this.demand(this, callback);
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
  }
}
