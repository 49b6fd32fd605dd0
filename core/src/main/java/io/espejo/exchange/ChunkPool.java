package io.espejo.exchange;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Lends the buffers that bodies are read into, 16 KiB each, and keeps up to 256 of them (4 MiB) for
 * the next body.
 *
 * <p>Lending never waits: when none is kept, a new one is made, and one too many is left to the
 * garbage collector. Safe for any threads.
 */
public final class ChunkPool {
  /** The size of every buffer, in bytes. */
  public static final int BUFFER_SIZE = 16 * 1024;

  private static final int KEPT = 256;

  // Without a lock: whoever gives one back for v2 must not hold up who takes one for v1.
  private final Queue<byte[]> kept = new ConcurrentLinkedQueue<>();
  private final AtomicInteger keptCount = new AtomicInteger();
  private final LongAdder lent = new LongAdder();

  /** Lends a buffer; its old content is still in it. */
  public byte[] take() {
    lent.increment();
    byte[] buffer = kept.poll();
    if (buffer == null) {
      return new byte[BUFFER_SIZE];
    }
    keptCount.decrementAndGet();
    return buffer;
  }

  /** Takes back a buffer that {@link #take} lent. */
  public void give(byte[] buffer) {
    lent.decrement();
    if (keptCount.incrementAndGet() <= KEPT) {
      kept.add(buffer);
    } else {
      keptCount.decrementAndGet();
    }
  }

  /** How many buffers are lent now; 0 when nothing runs and nothing leaked. */
  public long lent() {
    return lent.sum();
  }
}
