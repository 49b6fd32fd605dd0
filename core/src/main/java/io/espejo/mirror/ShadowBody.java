package io.espejo.mirror;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.Headers;
import io.espejo.exchange.MemoryBudget;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.upstream.RequestHead;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * What v2 has not taken yet of a body that v1 gets: a bounded queue between the two legs.
 *
 * <p>v1's path offers, v2's leg reads; neither ever waits for the other. Large chunks are shared by
 * reference; small ones are copied together, so that a trickle does not hold a whole buffer a byte.
 */
final class ShadowBody implements Request.Content {
  /** Up to this length a chunk is copied. */
  private static final int SMALL = 4096;

  /** What became of an offered chunk. */
  enum Offer {
    TAKEN,
    WAKE,
    LAGS,
    NO_MEMORY
  }

  private final Shadow shadow;
  private final long length;

  // All below is guarded by this.
  private final Deque<BodyChunk> waiting = new ArrayDeque<>();
  private byte[] gathered = {};
  private int gatheredLength;
  private long lagBytes;
  private boolean ended;
  private boolean discarded;
  private Headers trailers = Headers.EMPTY;
  private @Nullable Runnable demand;
  private boolean waking;
  private @Nullable Throwable failure;
  private long progressNanos;

  ShadowBody(Shadow shadow, RequestHead head) {
    this.shadow = shadow;
    this.length = head.contentLength();
  }

  /** Keeps a chunk for v2 if the bounds allow. */
  synchronized Offer offer(BodyChunk chunk, MemoryBudget memory, long maxLagBytes) {
    if (discarded || ended) {
      return Offer.TAKEN;
    }
    if (lagBytes + chunk.length() > maxLagBytes) {
      return Offer.LAGS;
    }
    if (chunk.length() <= SMALL) {
      if (!gather(chunk, memory)) {
        return Offer.NO_MEMORY;
      }
    } else {
      if (!memory.reserve(chunk.capacity())) {
        return Offer.NO_MEMORY;
      }
      closeGathered();
      waiting.add(chunk.retain());
    }
    if (lagBytes == 0) {
      progressNanos = System.nanoTime();
    }
    lagBytes += chunk.length();
    return isToBeWoken() ? Offer.WAKE : Offer.TAKEN;
  }

  private boolean gather(BodyChunk chunk, MemoryBudget memory) {
    if (gatheredLength + chunk.length() > gathered.length) {
      closeGathered();
      // A lone small body takes what it needs; a trickle gets room to gather.
      int capacity = waiting.isEmpty() ? chunk.length() : SMALL;
      if (!memory.reserve(capacity)) {
        return false;
      }
      gathered = new byte[capacity];
    }
    chunk.bytes().get(gathered, gatheredLength, chunk.length());
    gatheredLength += chunk.length();
    return true;
  }

  private void closeGathered() {
    if (gatheredLength > 0) {
      byte[] bytes = gathered;
      if (gatheredLength < bytes.length) {
        bytes = Arrays.copyOf(bytes, gatheredLength);
        shadow.mirroring().memory().release((long) gathered.length - gatheredLength);
      }
      waiting.add(BodyChunk.of(bytes, false));
      gathered = new byte[0];
      gatheredLength = 0;
    }
  }

  /** How much of what was offered v2 has not taken, in bytes. */
  synchronized long lagBytes() {
    return lagBytes;
  }

  /** The body is whole; true when v2's leg waits for that. */
  synchronized boolean end(Headers fields) {
    trailers = fields;
    ended = true;
    return isToBeWoken();
  }

  /** Once for all that comes before it is done. */
  private boolean isToBeWoken() {
    boolean first = demand != null && !waking;
    waking |= first;
    return first;
  }

  /** Lets go of all that waits. */
  synchronized void discard() {
    discarded = true;
    closeGathered();
    for (BodyChunk chunk : waiting) {
      shadow.mirroring().memory().release(chunk.capacity());
      chunk.release();
    }
    waiting.clear();
  }

  /** Calls v2's leg back, which waits for more. */
  void wake() {
    Runnable waitingLeg;
    synchronized (this) {
      waitingLeg = demand;
      demand = null;
      waking = false;
    }
    if (waitingLeg != null) {
      waitingLeg.run();
    }
  }

  @Override
  public synchronized Content.@Nullable Chunk read() {
    progressNanos = System.nanoTime();
    if (failure != null) {
      return Content.Chunk.from(failure, true);
    }
    if (discarded) {
      return Content.Chunk.from(new Shadow.GivenUp(Reason.CUT), true);
    }
    if (waiting.isEmpty()) {
      closeGathered();
    }
    BodyChunk chunk = waiting.poll();
    if (chunk == null) {
      return ended ? Content.Chunk.EOF : null;
    }
    boolean last = ended && waiting.isEmpty() && gatheredLength == 0;
    return Content.Chunk.from(chunk.bytes(), last, () -> taken(chunk));
  }

  private void taken(BodyChunk chunk) {
    shadow.mirroring().memory().release(chunk.capacity());
    synchronized (this) {
      lagBytes -= chunk.length();
      progressNanos = System.nanoTime();
    }
    chunk.release();
  }

  @Override
  public void demand(Runnable callback) {
    synchronized (this) {
      if (waiting.isEmpty() && gatheredLength == 0 && !ended && !discarded && failure == null) {
        demand = callback;
        return;
      }
    }
    callback.run();
  }

  @Override
  public synchronized void fail(Throwable cause) {
    failure = cause;
    demand = null;
    discard();
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

  synchronized HttpFields trailers() {
    HttpFields.Mutable fields = HttpFields.build();
    for (int line = 0; line < trailers.size(); line++) {
      fields.add(trailers.name(line), trailers.value(line));
    }
    return fields;
  }

  /**
   * For how long v2 has taken nothing, in nanoseconds; 0 while it has taken all that came, because
   * then the client is the slow one.
   */
  synchronized long owedFor(long now, long begunNanos) {
    return lagBytes == 0 && !ended ? 0 : now - Math.max(begunNanos, progressNanos);
  }
}
