package io.espejo.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reading of durations, as Go reads them for Istio: {@code 1h30m}, {@code +1.5s}, {@code 250ms},
 * {@code 10µs}.
 */
final class Durations {
  private static final Pattern PART =
      Pattern.compile("(\\d{1,19}(?:\\.\\d{0,40})?|\\.\\d{1,40})(ns|us|\u00b5s|\u03bcs|ms|s|m|h)");
  private static final BigDecimal MAX_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final String EXPECTED =
      "a duration of 1ms or more, in whole milliseconds, such as 250ms or 1.5s";

  private Durations() {}

  /** A duration of at least 1 ms, in whole milliseconds. */
  static Optional<Duration> read(Value value) {
    return read(value, Durations::isWhole, EXPECTED);
  }

  /** The same, or one of less than 1 ms, which is as good as none. */
  static Optional<Duration> orNone(Value value) {
    return read(value, d -> d.toMillis() == 0 || isWhole(d), "0s or " + EXPECTED)
        .map(d -> d.truncatedTo(ChronoUnit.MILLIS));
  }

  /** Any duration, of which only the whole seconds count. */
  static Optional<Duration> seconds(Value value) {
    return read(value, d -> true, "a duration such as 0s or 90s")
        .map(d -> d.truncatedTo(ChronoUnit.SECONDS));
  }

  private static Optional<Duration> read(Value value, Predicate<Duration> form, String expected) {
    Optional<String> text = value.text();
    Optional<Duration> duration =
        text.flatMap(Durations::parse).filter(d -> !d.isNegative()).filter(form);
    if (text.isPresent() && duration.isEmpty()) {
      value.refuse(expected);
    }
    return duration;
  }

  private static boolean isWhole(Duration duration) {
    return !duration.isZero() && duration.toNanosPart() % 1_000_000 == 0;
  }

  private static Optional<Duration> parse(String text) {
    boolean negative = text.startsWith("-");
    String parts = negative || text.startsWith("+") ? text.substring(1) : text;
    if (parts.equals("0")) {
      return Optional.of(Duration.ZERO);
    }
    Matcher part = PART.matcher(parts);
    BigDecimal nanos = BigDecimal.ZERO;
    int end = 0;
    while (part.lookingAt()) {
      BigDecimal length = new BigDecimal(part.group(1)).multiply(unit(part.group(2)));
      nanos = nanos.add(length.setScale(0, RoundingMode.DOWN));
      end = part.end();
      part.region(end, parts.length());
    }
    if (end == 0 || end < parts.length() || nanos.compareTo(MAX_NANOS) > 0) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofNanos(negative ? -nanos.longValue() : nanos.longValue()));
  }

  private static BigDecimal unit(String unit) {
    return BigDecimal.valueOf(
        switch (unit) {
          case "ns" -> 1L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          case "h" -> 3_600_000_000_000L;
          default -> 1_000L;
        });
  }
}
