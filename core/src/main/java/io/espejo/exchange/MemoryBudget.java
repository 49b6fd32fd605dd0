package io.espejo.exchange;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that many share: all copies, or all bodies kept for a further attempt. Asking never waits.
 * Safe for any threads.
 */
public final class MemoryBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();

  /** A budget of so many bytes. */
  public MemoryBudget(long limit) {
    this.limit = limit;
  }

  /** Takes {@code bytes} if that many are left. */
  public boolean reserve(long bytes) {
    if (used.addAndGet(bytes) > limit) {
      used.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /** Gives {@code bytes} back. */
  public void release(long bytes) {
    used.addAndGet(-bytes);
  }

  /** How many bytes are taken now. */
  public long used() {
    return used.get();
  }
}
