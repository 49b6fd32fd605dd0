package io.espejo.config;

import io.espejo.route.RetryOn;
import io.espejo.route.RetryPolicy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reading of {@code retries}, into what Istio makes of it for Envoy. */
final class RetriesReader {
  private static final Pattern NUMBER = Pattern.compile("\\d{3}");

  private RetriesReader() {}

  /** Empty when the route says nothing, so that Istio's default holds. */
  static Optional<RetryPolicy> read(Fields route) {
    return route.take("retries").flatMap(Value::fields).map(RetriesReader::policy);
  }

  private static RetryPolicy policy(Fields fields) {
    boolean more = fields.hasAny("perTryTimeout", "retryOn", "retryRemoteLocalities");
    int attempts =
        fields.take("attempts").flatMap(value -> value.integer(0, Integer.MAX_VALUE)).orElse(0);
    if (attempts == 0 && more) {
      fields
          .owner()
          .error("a policy with 0 attempts, which is none (expected: attempts, or no other field)");
    }
    Duration perTry = fields.take("perTryTimeout").flatMap(Durations::read).orElse(Duration.ZERO);
    Set<RetryOn> on = EnumSet.noneOf(RetryOn.class);
    Set<Integer> statuses = new HashSet<>();
    fields.take("retryOn").ifPresent(value -> readConditions(value, on, statuses));
    if (on.isEmpty()) {
      on.addAll(RetryPolicy.ISTIO_DEFAULT.on());
    }
    boolean others = fields.take("retryIgnorePreviousHosts").flatMap(Value::flag).orElse(true);
    Duration backoff =
        fields.take("backoff").flatMap(Durations::read).orElse(RetryPolicy.DEFAULT_BACKOFF);
    // Endpoints have no localities here, so all of them are asked whatever it says.
    fields.take("retryRemoteLocalities").ifPresent(Value::flag);
    fields.end();
    return attempts == 0
        ? RetryPolicy.NONE
        : new RetryPolicy(attempts, perTry, on, statuses, backoff, others);
  }

  /** Envoy's names and statuses, mixed, without blanks. */
  private static void readConditions(Value value, Set<RetryOn> on, Set<Integer> statuses) {
    String text = value.text().orElse("");
    if (text.isEmpty()) {
      return;
    }
    for (String word : text.split(",", -1)) {
      Optional<RetryOn> condition = RetryOn.of(word);
      if (condition.isPresent()) {
        on.add(condition.get());
      } else if (NUMBER.matcher(word).matches() && isStatus(Integer.parseInt(word))) {
        statuses.add(Integer.parseInt(word));
        on.add(RetryOn.RETRIABLE_STATUS_CODES);
      } else {
        value.refuse(
            "names of Envoy's such as 5xx,reset,connect-failure and known statuses, with commas"
                + " between");
        return;
      }
    }
  }

  /** Whether Go's library, by which Istio tells, has a text for it. */
  private static boolean isStatus(int status) {
    return switch (status / 100) {
      case 1 -> status <= 103;
      case 2 -> status <= 208 || status == 226;
      case 3 -> status <= 308 && status != 306;
      case 4 ->
          status <= 418
              || (status >= 421 && status <= 426)
              || status == 428
              || status == 429
              || status == 431
              || status == 451;
      case 5 -> status <= 508 || status == 510 || status == 511;
      default -> false;
    };
  }
}
