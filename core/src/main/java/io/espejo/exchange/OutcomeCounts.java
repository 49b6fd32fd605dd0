package io.espejo.exchange;

import io.espejo.exchange.Outcome.Reason;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * How many copies were considered, and what became of them, up to one moment.
 *
 * @param considered copies that a route asked for
 * @param sampledOut those whose draw fell outside the share
 * @param droppedBy those given up before a byte reached a connection, by reason
 * @param failedBy those given up later, by reason
 * @param completedBy those that v2 answered, by the first digit of the status
 */
public record OutcomeCounts(
    long considered,
    long sampledOut,
    Map<Reason, Long> droppedBy,
    Map<Reason, Long> failedBy,
    Map<Integer, Long> completedBy) {
  public OutcomeCounts {
    droppedBy = Map.copyOf(droppedBy);
    failedBy = Map.copyOf(failedBy);
    completedBy = Map.copyOf(completedBy);
  }

  /** Nothing counted. */
  public static final OutcomeCounts ZERO = new OutcomeCounts(0, 0, Map.of(), Map.of(), Map.of());

  /** Both together. */
  public OutcomeCounts plus(OutcomeCounts other) {
    return new OutcomeCounts(
        considered + other.considered,
        sampledOut + other.sampledOut,
        sum(new EnumMap<>(Reason.class), droppedBy, other.droppedBy),
        sum(new EnumMap<>(Reason.class), failedBy, other.failedBy),
        sum(new HashMap<>(), completedBy, other.completedBy));
  }

  private static <K> Map<K, Long> sum(Map<K, Long> into, Map<K, Long> one, Map<K, Long> other) {
    into.putAll(one);
    other.forEach((key, count) -> into.merge(key, count, Long::sum));
    return into;
  }

  /** Dropped for this reason. */
  public long dropped(Reason reason) {
    return droppedBy.getOrDefault(reason, 0L);
  }

  /** Dropped, whatever the reason. */
  public long dropped() {
    return total(droppedBy);
  }

  /** Failed for this reason. */
  public long failed(Reason reason) {
    return failedBy.getOrDefault(reason, 0L);
  }

  /** Failed, whatever the reason. */
  public long failed() {
    return total(failedBy);
  }

  /** Completed with a status that begins with this digit. */
  public long completed(int statusClass) {
    return completedBy.getOrDefault(statusClass, 0L);
  }

  /** Completed, whatever the status. */
  public long completed() {
    return total(completedBy);
  }

  /** Considered, and not at their end yet. */
  public long inFlight() {
    return considered - sampledOut - dropped() - failed() - completed();
  }

  private static long total(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
