package io.espejo.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reading of durations as Go writes them: {@code 10s}, {@code 1.5s}, {@code 1h30m}, {@code 0s}. */
final class Durations {
  private static final Pattern PART =
      Pattern.compile("(\\d{0,12}(?:\\.\\d{0,9})?)(ns|us|ms|s|m|h)");
  private static final Pattern WHOLE =
      Pattern.compile("(?:(?:\\d{1,12}\\.?\\d{0,9}|\\.\\d{1,9})(?:ns|us|ms|s|m|h)){1,6}");

  private Durations() {}

  /** At least a millisecond, and whole milliseconds, as Istio has most of them. */
  static Optional<Duration> positive(Value value) {
    return read(value, "1ms or more, in whole milliseconds", false);
  }

  /** The same, or zero. */
  static Optional<Duration> orZero(Value value) {
    return read(value, "0s, or 1ms or more in whole milliseconds", true);
  }

  private static Optional<Duration> read(Value value, String expected, boolean zero) {
    Optional<String> text = value.text();
    Optional<Duration> duration = text.flatMap(Durations::parse);
    if (text.isPresent()
        && duration.filter(d -> d.isZero() ? zero : d.toNanos() % 1_000_000 == 0).isEmpty()) {
      value.refuse("a duration of " + expected);
      return Optional.empty();
    }
    return duration;
  }

  private static Optional<Duration> parse(String text) {
    if (text.equals("0")) {
      return Optional.of(Duration.ZERO);
    }
    if (!WHOLE.matcher(text).matches()) {
      return Optional.empty();
    }
    BigDecimal nanos = BigDecimal.ZERO;
    for (Matcher part = PART.matcher(text); part.find(); ) {
      nanos = nanos.add(new BigDecimal(part.group(1)).multiply(nanos(part.group(2))));
    }
    // Go's own limit, about 292 years.
    return nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(nanos.longValue()));
  }

  private static BigDecimal nanos(String unit) {
    return switch (unit) {
      case "ns" -> BigDecimal.ONE;
      case "us" -> BigDecimal.valueOf(1_000L);
      case "ms" -> BigDecimal.valueOf(1_000_000L);
      case "s" -> BigDecimal.valueOf(1_000_000_000L);
      case "m" -> BigDecimal.valueOf(60_000_000_000L);
      default -> BigDecimal.valueOf(3_600_000_000_000L);
    };
  }
}
