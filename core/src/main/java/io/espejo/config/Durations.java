package io.espejo.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reading of durations, as Istio takes them: {@code 1h30m}, {@code 1.5s}, {@code 250ms}. */
final class Durations {
  private static final Pattern PART =
      Pattern.compile("(\\d{1,12}(?:\\.\\d{0,9})?)(ns|us|ms|s|m|h)");
  private static final BigDecimal MAX_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);

  private Durations() {}

  /** A duration of at least 1 ms, in whole milliseconds. */
  static Optional<Duration> read(Value value) {
    return read(value, false);
  }

  /** The same, or none: {@code 0s}. */
  static Optional<Duration> orZero(Value value) {
    return read(value, true);
  }

  private static Optional<Duration> read(Value value, boolean zero) {
    Optional<String> text = value.text();
    Optional<Duration> duration = text.flatMap(Durations::parse);
    if (text.isPresent()
        && duration
            .filter(d -> (zero || !d.isZero()) && d.toNanosPart() % 1_000_000 == 0)
            .isEmpty()) {
      value.refuse(
          (zero ? "0s or " : "")
              + "a duration of 1ms or more, in whole milliseconds, such as 250ms or 1.5s");
      return Optional.empty();
    }
    return duration;
  }

  private static Optional<Duration> parse(String text) {
    Matcher part = PART.matcher(text);
    BigDecimal nanos = BigDecimal.ZERO;
    int end = 0;
    while (part.lookingAt()) {
      nanos = nanos.add(new BigDecimal(part.group(1)).multiply(unit(part.group(2))));
      end = part.end();
      part.region(end, text.length());
    }
    return end == 0 || end < text.length() || nanos.compareTo(MAX_NANOS) > 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(nanos.longValue()));
  }

  private static BigDecimal unit(String unit) {
    return BigDecimal.valueOf(
        switch (unit) {
          case "ns" -> 1L;
          case "us" -> 1_000L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          default -> 3_600_000_000_000L;
        });
  }
}
