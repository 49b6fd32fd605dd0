package io.espejo.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The form of {@code grpc-timeout}: up to eight digits and a unit (gRPC over HTTP/2). */
final class GrpcTimeout {
  static final String HEADER = "grpc-timeout";

  private static final Pattern FORM = Pattern.compile("(\\d{1,8})([HMSmun])");
  private static final long LARGEST = 99_999_999;

  /** As good as for ever, and what nanoseconds can count. */
  private static final long MAX_HOURS = 2_000_000;

  private GrpcTimeout() {}

  /** What a client says, in milliseconds or longer units; parts of one count as a whole one. */
  static Optional<Duration> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    long number = Long.parseLong(form.group(1));
    return Optional.of(
        switch (form.group(2)) {
          case "H" -> Duration.ofHours(Math.min(number, MAX_HOURS));
          case "M" -> Duration.ofMinutes(number);
          case "S" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMillis(number);
          case "u" -> Duration.ofMillis((number + 999) / 1_000);
          default -> Duration.ofMillis((number + 999_999) / 1_000_000);
        });
  }

  /** In the smallest unit from milliseconds on that eight digits are enough for. */
  static String of(long millis) {
    if (millis <= LARGEST) {
      return millis + "m";
    }
    long seconds = millis / 1_000;
    if (seconds <= LARGEST) {
      return seconds + "S";
    }
    long minutes = seconds / 60;
    return minutes <= LARGEST ? minutes + "M" : Math.min(minutes / 60, LARGEST) + "H";
  }
}
