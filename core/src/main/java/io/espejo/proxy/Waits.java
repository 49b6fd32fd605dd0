package io.espejo.proxy;

import io.espejo.upstream.Leg;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Requests that are with nobody for a while: delayed by a fault, or between two attempts. No thread
 * waits for them, and none of them is forgotten when v1's leg closes.
 */
final class Waits {
  private final Leg leg;
  private final Set<Wait> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  Waits(Leg leg) {
    this.leg = leg;
  }

  /** One request that waits. */
  final class Wait {
    private final AtomicBoolean over = new AtomicBoolean();
    private final Runnable onClose;
    private volatile Runnable cancel = () -> {};

    private Wait(Runnable onClose) {
      this.onClose = onClose;
    }

    /** Ends it, so that nothing follows; false when it has ended before. */
    boolean end() {
      boolean first = over.compareAndSet(false, true);
      if (first) {
        running.remove(this);
        cancel.run();
      }
      return first;
    }
  }

  /**
   * Runs {@code then} on a thread of the leg once the time is over, or {@code onClose} when it
   * closes before.
   */
  Wait begin(Duration time, Runnable then, Runnable onClose) {
    Wait wait = new Wait(onClose);
    running.add(wait);
    Runnable after =
        () -> {
          if (wait.end()) {
            leg.executor().execute(then);
          }
        };
    if (time.isZero() && !closed) {
      after.run();
    } else {
      wait.cancel = leg.schedule(time, after);
      if (closed && wait.end()) {
        onClose.run();
      }
    }
    return wait;
  }

  /** Ends all waits now. */
  void close() {
    closed = true;
    for (Wait wait : running) {
      if (wait.end()) {
        wait.onClose.run();
      }
    }
  }
}
