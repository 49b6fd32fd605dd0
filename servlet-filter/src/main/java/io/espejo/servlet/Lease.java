package io.espejo.servlet;

import io.espejo.exchange.RateLimitedLog;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * For how long the container's request and response may be used by threads that are not in a call
 * of the container's.
 *
 * <p>Containers use these objects for the next request as soon as one has ended, and Tomcat ends
 * one by itself when its client leaves: a read, a dispatch or a completion that is under way then
 * would befall the next. So each is made within {@link #enter} and {@link #exit}, and Tomcat is
 * kept in its last call until those under way are over.
 */
final class Lease {
  /** How long a thread of the container waits at most for calls that are under way. */
  private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final RateLimitedLog LATE =
      new RateLimitedLog(System.getLogger(Lease.class.getName()), Level.WARNING);

  private final boolean revocable;
  private final Runnable onLate;

  // Guarded by this.
  private final List<Thread> users = new ArrayList<>(2);
  private boolean over;
  private @Nullable Runnable onExit;

  /**
   * A lease of one request.
   *
   * @param revocable whether the container ends requests by itself, as Tomcat does
   * @param onLate hears of a call that outlasts the request; called with this locked
   */
  Lease(boolean revocable, Runnable onLate) {
    this.revocable = revocable;
    this.onLate = onLate;
  }

  /** What a call fails with that may not be made any more. */
  static IOException over() {
    return new IOException("the client is gone");
  }

  /**
   * Makes a call on what the container has lent.
   *
   * @return false if it has it back, of which it may know first
   */
  boolean call(Runnable call) {
    if (!enter()) {
      return false;
    }
    try {
      call.run();
      return true;
    } catch (RuntimeException ended) {
      return false;
    } finally {
      exit();
    }
  }

  /** Whether the container has, or will have, it back. */
  synchronized boolean isOver() {
    return over;
  }

  /** Begins a call on what the container has lent; false if it has, or will have, it back. */
  synchronized boolean enter() {
    if (over) {
      return false;
    }
    users.add(Thread.currentThread());
    return true;
  }

  /** Ends what {@link #enter} or {@link #end} began on this thread. */
  void exit() {
    Runnable waiting = null;
    synchronized (this) {
      users.remove(Thread.currentThread());
      if (users.isEmpty()) {
        waiting = onExit;
        onExit = null;
      }
      notifyAll();
    }
    if (waiting != null) {
      waiting.run();
    }
  }

  /**
   * Begins the last call, which gives it all back; no other may begin after it.
   *
   * @param otherwise is run once the calls under way are over, if there are any now
   * @return false if this is not to be done now, or never
   */
  synchronized boolean end(Runnable otherwise) {
    if (over) {
      return false;
    }
    if (!users.isEmpty()) {
      onExit = otherwise;
      return false;
    }
    over = true;
    users.add(Thread.currentThread());
    return true;
  }

  /** The container takes it back when this returns, which is as with {@link #await}. */
  synchronized void revoke() {
    if (revocable) {
      over = true;
      onExit = null;
      await();
    }
  }

  /**
   * Waits for the calls of other threads to be over, but not for long: one of them may wait for
   * what this thread has locked.
   */
  synchronized void await() {
    long deadline = System.nanoTime() + MAX_WAIT_NANOS;
    try {
      for (long left = MAX_WAIT_NANOS; usedByOthers(); left = deadline - System.nanoTime()) {
        if (left <= 0) {
          onLate.run();
          LATE.log(() -> "a call on a request of the container's outlasts the request");
          return;
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean usedByOthers() {
    for (Thread user : users) {
      if (user != Thread.currentThread()) {
        return true;
      }
    }
    return false;
  }
}
