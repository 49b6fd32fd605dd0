package io.espejo.proxy;

import io.espejo.exchange.PrimaryCounts;
import java.util.concurrent.atomic.LongAdder;

/** Counts what happens on the way to v1. Safe for any threads. */
final class PrimaryCounter {
  final LongAdder overflows = new LongAdder();
  final LongAdder retries = new LongAdder();
  final LongAdder retriesOverLimit = new LongAdder();
  final LongAdder bodiesNotKept = new LongAdder();
  final LongAdder timeouts = new LongAdder();
  final LongAdder delays = new LongAdder();
  final LongAdder delaysOverLimit = new LongAdder();
  final LongAdder aborts = new LongAdder();
  final LongAdder upgrades = new LongAdder();
  final LongAdder upgradesOverLimit = new LongAdder();
  final LongAdder earlyHints = new LongAdder();
  final LongAdder earlyHintsNotSent = new LongAdder();
  final LongAdder lateCalls = new LongAdder();

  PrimaryCounts counts() {
    return new PrimaryCounts(
        overflows.sum(),
        retries.sum(),
        retriesOverLimit.sum(),
        bodiesNotKept.sum(),
        timeouts.sum(),
        delays.sum(),
        delaysOverLimit.sum(),
        aborts.sum(),
        upgrades.sum(),
        upgradesOverLimit.sum(),
        earlyHints.sum(),
        earlyHintsNotSent.sum(),
        lateCalls.sum());
  }
}
