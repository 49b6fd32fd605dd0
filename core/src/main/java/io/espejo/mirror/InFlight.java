package io.espejo.mirror;

import java.util.concurrent.atomic.AtomicInteger;

/** How many copies of one kind are in flight to one destination. Safe for any threads. */
final class InFlight {
  private final AtomicInteger copies = new AtomicInteger();

  /** Counts one more, until {@link #release}, unless there are as many as that. */
  boolean acquire(int max) {
    int before;
    do {
      before = copies.get();
      if (before >= max) {
        return false;
      }
    } while (!copies.compareAndSet(before, before + 1));
    return true;
  }

  /** Whether there are none now. */
  boolean isNone() {
    return copies.get() == 0;
  }

  void release() {
    copies.decrementAndGet();
  }
}
