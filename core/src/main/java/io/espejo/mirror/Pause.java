package io.espejo.mirror;

import java.time.Duration;

/**
 * Leaves a destination alone that failed too often in a row, then tries it with one copy at a time.
 * One that takes longer than the longest pause, as its client may be slow, keeps no other back.
 *
 * <p>Safe for any threads. While all is well, a copy costs one volatile read.
 */
final class Pause {
  /** What a copy may do. */
  enum Admission {
    /** All is well. */
    OPEN,
    /** The one copy that finds out whether v2 is back; its end must be told. */
    PROBE,
    /** Not now. */
    PAUSED
  }

  private final int failuresToPause;
  private final long firstNanos;
  private final long maxNanos;

  private int failures;
  private long lastNanos;
  private long untilNanos;
  private boolean probing;
  private long probedNanos;
  private volatile boolean paused;
  private volatile boolean failing;

  Pause(MirrorLimits limits) {
    this(limits.failuresToPause(), limits.pause(), limits.maxPause());
  }

  Pause(int failuresToPause, Duration first, Duration max) {
    this.failuresToPause = failuresToPause;
    this.maxNanos = max.toNanos();
    this.firstNanos = Math.min(first.toNanos(), maxNanos);
  }

  /** Whether no copy goes, or a probe alone. */
  boolean paused() {
    return paused;
  }

  Admission admit(long now) {
    if (!paused) {
      return Admission.OPEN;
    }
    synchronized (this) {
      if (!paused) {
        return Admission.OPEN;
      }
      if (probing ? now - probedNanos <= maxNanos : now - untilNanos < 0) {
        return Admission.PAUSED;
      }
      probing = true;
      probedNanos = now;
      return Admission.PROBE;
    }
  }

  /** v2 gave a whole answer. */
  void succeeded(boolean probe) {
    if (!failing) {
      return;
    }
    synchronized (this) {
      if (paused && !probe) {
        return;
      }
      failures = 0;
      failing = false;
      lastNanos = 0;
      paused = false;
      probing = probing && !probe;
    }
  }

  /** v2 failed; true when that begins a pause. */
  synchronized boolean failed(boolean probe, long now) {
    failing = true;
    if (paused) {
      // What began before the pause says nothing new.
      if (probe) {
        probing = false;
        begin(now);
      }
      return false;
    }
    failures++;
    if (failures < failuresToPause) {
      return false;
    }
    paused = true;
    begin(now);
    return true;
  }

  /** The copy ended without a word on v2's health. */
  void abandoned(boolean probe) {
    if (probe) {
      synchronized (this) {
        probing = false;
      }
    }
  }

  private void begin(long now) {
    lastNanos = lastNanos == 0 ? firstNanos : Math.min(2 * lastNanos, maxNanos);
    untilNanos = now + lastNanos;
  }
}
