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

  /** Takes {@code bytes} if that many are left; {@link #used} is never more than the budget. */
  public boolean reserve(long bytes) {
    long before;
    do {
      before = used.get();
      if (bytes > limit - before) {
        return false;
      }
    } while (!used.compareAndSet(before, before + bytes));
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
