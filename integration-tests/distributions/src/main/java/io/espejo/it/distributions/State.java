package io.espejo.it.distributions;

import io.espejo.Espejo;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.exchange.PrimaryCounts;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an {@link Espejo} in another process has counted. Tests ask often, while requests run, so
 * what is 0 is left out.
 *
 * @param numbers by their names: {@code all considered}, {@code all dropped LAG}, {@code NAME
 *     completed 2} for a destination
 */
record State(Map<String, Long> numbers) {
  private static final String ALL = "all";
  private static final String CONSIDERED = " considered";

  /** As lines of a number and its name. */
  static String write(Optional<Espejo> espejo) {
    Map<String, Long> numbers = new TreeMap<>();
    if (espejo.isPresent()) {
      put(numbers, ALL, espejo.get().outcomes());
      numbers.putAll(espejo.get().primaryCounts().byName());
      numbers.put("buffers", espejo.get().lentBuffers());
      numbers.put("upgrades open", (long) espejo.get().openUpgrades());
    }
    return lines(numbers);
  }

  /** The same of its destinations. */
  static String writeDestinations(Optional<Espejo> espejo) {
    Map<String, Long> numbers = new TreeMap<>();
    espejo.ifPresent(
        its -> its.outcomesByDestination().forEach((name, counts) -> put(numbers, name, counts)));
    return lines(numbers);
  }

  private static String lines(Map<String, Long> numbers) {
    StringBuilder text = new StringBuilder();
    numbers.forEach((name, number) -> text.append(number).append(' ').append(name).append('\n'));
    return text.toString();
  }

  private static void put(Map<String, Long> numbers, String of, OutcomeCounts counts) {
    // Who has considered none is a destination yet.
    numbers.put(of + CONSIDERED, counts.considered());
    if (counts.considered() > 0) {
      numbers.put(of + " sampledOut", counts.sampledOut());
      put(numbers, of + " dropped ", counts.droppedBy());
      put(numbers, of + " failed ", counts.failedBy());
      put(numbers, of + " completed ", counts.completedBy());
    }
  }

  private static void put(Map<String, Long> numbers, String of, Map<?, Long> counts) {
    counts.forEach(
        (which, count) -> {
          if (count > 0) {
            numbers.put(of + which, count);
          }
        });
  }

  static State read(String text) {
    Map<String, Long> numbers = new HashMap<>();
    for (String line : text.lines().toList()) {
      int space = line.indexOf(' ');
      numbers.put(line.substring(space + 1), Long.valueOf(line.substring(0, space)));
    }
    return new State(numbers);
  }

  OutcomeCounts outcomes() {
    return outcomes(ALL);
  }

  Map<String, OutcomeCounts> outcomesByDestination() {
    Map<String, OutcomeCounts> counts = new TreeMap<>();
    for (String name : numbers.keySet()) {
      if (name.endsWith(CONSIDERED)) {
        String destination = name.substring(0, name.length() - CONSIDERED.length());
        counts.put(destination, outcomes(destination));
      }
    }
    return counts;
  }

  private OutcomeCounts outcomes(String of) {
    Map<Reason, Long> dropped = new EnumMap<>(Reason.class);
    Map<Reason, Long> failed = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      dropped.put(reason, number(of + " dropped " + reason));
      failed.put(reason, number(of + " failed " + reason));
    }
    Map<Integer, Long> completed = new HashMap<>();
    for (int status = 1; status <= 9; status++) {
      completed.put(status, number(of + " completed " + status));
    }
    return new OutcomeCounts(
        number(of + CONSIDERED), number(of + " sampledOut"), dropped, failed, completed);
  }

  PrimaryCounts primaryCounts() {
    return new PrimaryCounts(
        number("overflows"),
        number("retries"),
        number("retries_over_limit"),
        number("bodies_not_kept"),
        number("timeouts"),
        number("delays"),
        number("delays_over_limit"),
        number("aborts"),
        number("upgrades"),
        number("upgrades_over_limit"),
        number("early_hints"),
        number("early_hints_not_sent"),
        number("late_calls"));
  }

  long lentBuffers() {
    return number("buffers");
  }

  int openUpgrades() {
    return Math.toIntExact(number("upgrades open"));
  }

  /** What was never counted is 0. */
  private long number(String name) {
    return numbers.getOrDefault(name, 0L);
  }
}
