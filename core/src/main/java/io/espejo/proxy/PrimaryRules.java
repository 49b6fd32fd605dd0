package io.espejo.proxy;

import io.espejo.route.RetryPolicy;
import io.espejo.upstream.Affinity;
import io.espejo.upstream.Cluster;
import java.time.Duration;

/**
 * How one request is carried to v1.
 *
 * @param affinity what binds it to an endpoint of {@code cluster}
 * @param timeout from the end of the request to the end of the answer, of this request; zero: none
 * @param otherEndpointsOnly whether a further attempt avoids the endpoints of those before
 */
public record PrimaryRules(
    Cluster cluster,
    Affinity affinity,
    Duration timeout,
    RetryPolicy retries,
    boolean otherEndpointsOnly) {
  /** The time of one attempt; zero: none of its own, because the whole has less. */
  Duration perTry() {
    return perTry(timeout, retries);
  }

  private static Duration perTry(Duration timeout, RetryPolicy retries) {
    Duration perTry = retries.perTryTimeout();
    return !timeout.isZero() && perTry.compareTo(timeout) >= 0 ? Duration.ZERO : perTry;
  }

  /**
   * How long v1 is told that an answer is waited for, in milliseconds; 0: for ever.
   *
   * @param elapsedMillis since the end of the request
   */
  public static long expectedMillis(Duration timeout, RetryPolicy retries, long elapsedMillis) {
    Duration perTry = perTry(timeout, retries);
    long expected = perTry.isZero() ? timeout.toMillis() : perTry.toMillis();
    if (expected == 0 || timeout.isZero()) {
      return expected;
    }
    return Math.max(1, Math.min(expected, timeout.toMillis() - elapsedMillis));
  }
}
