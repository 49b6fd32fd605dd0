package io.espejo.mirror;

import io.espejo.exchange.Outcome;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** Counts what became of copies; counting never waits. */
final class OutcomeCounter {
  private final LongAdder considered = new LongAdder();
  private final LongAdder sampledOut = new LongAdder();
  private final Map<Reason, LongAdder> dropped = byReason();
  private final Map<Reason, LongAdder> failed = byReason();
  private final LongAdder[] completed = adders();

  private static LongAdder[] adders() {
    return IntStream.range(0, 10).mapToObj(index -> new LongAdder()).toArray(LongAdder[]::new);
  }

  void considered() {
    considered.increment();
  }

  void ended(Outcome outcome) {
    if (outcome instanceof Outcome.SampledOut) {
      sampledOut.increment();
    } else if (outcome instanceof Outcome.Dropped drop) {
      count(dropped, drop.reason());
    } else if (outcome instanceof Outcome.Failed failure) {
      count(failed, failure.reason());
    } else if (outcome instanceof Outcome.Completed answer) {
      completed[answer.statusClass()].increment();
    }
  }

  OutcomeCounts counts() {
    Map<Integer, Long> completedBy = new HashMap<>();
    for (int statusClass = 0; statusClass < completed.length; statusClass++) {
      long count = completed[statusClass].sum();
      if (count > 0) {
        completedBy.put(statusClass, count);
      }
    }
    long out = sampledOut.sum();
    Map<Reason, Long> droppedBy = sums(dropped);
    Map<Reason, Long> failedBy = sums(failed);
    // Last, so that no copy seems to have ended before it was considered.
    return new OutcomeCounts(considered.sum(), out, droppedBy, failedBy, completedBy);
  }

  /** Filled once and then only read, so that any thread may. */
  private static Map<Reason, LongAdder> byReason() {
    Map<Reason, LongAdder> adders = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      adders.put(reason, new LongAdder());
    }
    return Collections.unmodifiableMap(adders);
  }

  private static void count(Map<Reason, LongAdder> adders, Reason reason) {
    LongAdder adder = adders.get(reason);
    if (adder != null) {
      adder.increment();
    }
  }

  private static Map<Reason, Long> sums(Map<Reason, LongAdder> adders) {
    Map<Reason, Long> counts = new EnumMap<>(Reason.class);
    adders.forEach(
        (reason, adder) -> {
          long count = adder.sum();
          if (count > 0) {
            counts.put(reason, count);
          }
        });
    return counts;
  }
}
