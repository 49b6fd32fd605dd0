package io.espejo.proxy;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that bodies kept for a further attempt share; asking never waits. */
final class KeptMemory {
  private final long limit;
  private final AtomicLong used = new AtomicLong();

  KeptMemory(long limit) {
    this.limit = limit;
  }

  boolean reserve(long bytes) {
    if (used.addAndGet(bytes) > limit) {
      used.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }

  long used() {
    return used.get();
  }
}
