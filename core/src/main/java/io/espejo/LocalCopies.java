package io.espejo;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.RequestSyntax;
import io.espejo.mirror.Shadow;
import io.espejo.upstream.RequestHead;
import io.espejo.upstream.RequestHead.Framing;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;

/**
 * The copies of a request that the application itself answers.
 *
 * <p>An adapter shows them what the application reads, as it reads it. They begin with the first
 * byte, or with the end of a request that has none, because only then it is known whether v2 gets
 * the bytes that came or a body that is {@linkplain #rebuilt rebuilt} from what the container made
 * of them. Who has them owes an {@link #end}. No method blocks or throws; calls may come from any
 * threads, one after the other.
 *
 * <pre>{@code
 * copies.onChunk(chunk);
 * copies.onEnd(trailers);
 * copies.end();
 * }</pre>
 */
public final class LocalCopies implements BodyObserver {
  private final Admission admission;
  private RequestHead head;

  // Guarded by this.
  private List<Shadow> shadows = List.of();
  private boolean begun;
  private boolean whole;
  private boolean over;
  private boolean independent;
  private boolean watched;
  private long length;
  private long observedNanos;
  private Runnable stopWatching = () -> {};

  /** What Espejo does for them. */
  interface Admission {
    /** Those of them that are admitted, as yet unsent. */
    List<Shadow> admit(RequestHead head);

    /** None of them will be sent. */
    void drop(RequestHead head, Reason reason);

    /** Runs it soon, on v2's threads. */
    void later(Runnable task);

    /**
     * Calls {@link #endIfIdle} after as long as an application may be without reading; what is
     * given back ends that.
     */
    Runnable watch(LocalCopies copies);
  }

  LocalCopies(Admission admission, RequestHead head) {
    this.admission = admission;
    this.head = head;
  }

  /** Whether the request has a body, for all that its head says. */
  public boolean hasBody() {
    return head.framing() == Framing.UNKNOWN || head.hasBody();
  }

  /** How long the body is, as announced, in bytes; -1 if it was not. */
  public synchronized long announcedLength() {
    return head.framing() == Framing.LENGTH ? head.contentLength() : -1;
  }

  /** The head says nothing of a body that there is: its first byte, or its end, will tell. */
  public synchronized void bodyUnknown() {
    head = head.unframed();
  }

  /** Whether what is read from now on is of use to any of them. */
  public synchronized boolean live() {
    return !over && !whole && (!begun || room() >= 0);
  }

  /**
   * Gives them a body that is made anew of what the container read below any observer: now as much
   * as they have room for, and the rest as v2 takes it.
   *
   * @param length in bytes, or -1 if it is not known
   * @param body is closed at the end
   * @param outlivesRequest whether it can be read after {@link #end}
   * @return whether it is wanted: not if some bytes were observed already
   */
  public synchronized boolean rebuilt(long length, InputStream body, boolean outlivesRequest) {
    if (begun || over) {
      return false;
    }
    head = head.rebuilt(length);
    independent = outlivesRequest;
    begin(true);
    pump(body);
    return true;
  }

  private synchronized void pump(InputStream body) {
    try {
      for (long room = room(); live() && room > 0; room = room()) {
        byte[] bytes = body.readNBytes((int) Math.min(room, ChunkPool.BUFFER_SIZE));
        onChunk(BodyChunk.of(bytes, false));
        if (bytes.length == 0) {
          onEnd(Headers.EMPTY);
        }
      }
      if (live()) {
        admission.later(() -> pump(body));
      } else {
        over = true;
        stopWatching.run();
        body.close();
      }
    } catch (IOException | RuntimeException failure) {
      onCut(failure);
      closeQuietly(body);
    }
  }

  private static void closeQuietly(InputStream body) {
    try {
      body.close();
    } catch (IOException | RuntimeException broken) {
      // It could not be read, either.
    }
  }

  @Override
  public synchronized void onChunk(BodyChunk chunk) {
    if (over || whole || chunk.length() == 0) {
      return;
    }
    length += chunk.length();
    if (head.framing() == Framing.LENGTH && length > head.contentLength()) {
      // More than was announced: v2 would take the rest for another request.
      giveUp(Reason.CUT);
      return;
    }
    begin(true);
    observedNanos = System.nanoTime();
    for (int i = 0; i < shadows.size(); i++) {
      shadows.get(i).onChunk(chunk);
    }
  }

  @Override
  public synchronized void onEnd(Headers trailers) {
    if (over || whole) {
      return;
    }
    begin(false);
    whole = true;
    stopWatching.run();
    Headers sent = RequestSyntax.trailers(trailers);
    for (int i = 0; i < shadows.size(); i++) {
      shadows.get(i).onEnd(sent);
    }
  }

  private void begin(boolean bytes) {
    if (begun) {
      return;
    }
    begun = true;
    observedNanos = System.nanoTime();
    RequestHead sent = head.framing() == Framing.UNKNOWN ? head.framed(bytes) : head;
    shadows = admission.admit(sent);
    for (int i = 0; i < shadows.size(); i++) {
      shadows.get(i).start();
    }
    if (sent.hasBody()) {
      watch();
    }
  }

  /**
   * The application keeps the request beyond its thread, and nobody may tell of its end: they end
   * when nothing is observed for long.
   */
  public synchronized void watch() {
    if (!watched && !over && !whole) {
      watched = true;
      observedNanos = System.nanoTime();
      stopWatching = admission.watch(this);
    }
  }

  @Override
  public void onCut(Throwable cause) {
    giveUp(Reason.CUT);
  }

  /** The request is over: a body that was not observed to its end was not read. */
  public synchronized void end() {
    if (!independent) {
      giveUp(Reason.UNREAD);
    }
  }

  private synchronized void giveUp(Reason reason) {
    if (over) {
      return;
    }
    over = true;
    stopWatching.run();
    if (!begun) {
      admission.drop(head, reason);
    } else if (!whole) {
      for (Shadow shadow : shadows) {
        shadow.giveUp(reason);
      }
    }
  }

  /** Ends them if nothing was observed for so long, or else is watched on. */
  synchronized void endIfIdle(Duration idle) {
    if (over || whole) {
      return;
    }
    if (System.nanoTime() - observedNanos >= idle.toNanos()) {
      giveUp(Reason.UNREAD);
    } else {
      stopWatching = admission.watch(this);
    }
  }

  /** How many bytes the fastest of them would take now; -1 when they are all over. */
  private long room() {
    long most = -1;
    for (int i = 0; i < shadows.size(); i++) {
      most = Math.max(most, shadows.get(i).room());
    }
    return most;
  }
}
