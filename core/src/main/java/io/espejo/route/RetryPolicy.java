package io.espejo.route;

import java.time.Duration;
import java.util.Set;

/**
 * When and how v1 is asked again.
 *
 * @param attempts further ones after the first, 0 for none
 * @param perTryTimeout from the end of the request to the end of the answer, for each attempt;
 *     zero: none but the route's
 * @param on any of these will do
 * @param statuses those of {@link RetryOn#RETRIABLE_STATUS_CODES}
 * @param backoff the base of the pauses between the attempts
 * @param otherEndpointsOnly whether endpoints that were tried are avoided
 */
public record RetryPolicy(
    int attempts,
    Duration perTryTimeout,
    Set<RetryOn> on,
    Set<Integer> statuses,
    Duration backoff,
    boolean otherEndpointsOnly) {
  /** Envoy's base of the pauses. */
  public static final Duration DEFAULT_BACKOFF = Duration.ofMillis(25);

  /** v1 is asked once. */
  public static final RetryPolicy NONE =
      new RetryPolicy(0, Duration.ZERO, Set.of(), Set.of(), DEFAULT_BACKOFF, false);

  /** What Istio does when a route says nothing. */
  public static final RetryPolicy ISTIO_DEFAULT =
      new RetryPolicy(
          2,
          Duration.ZERO,
          Set.of(
              RetryOn.CONNECT_FAILURE,
              RetryOn.REFUSED_STREAM,
              RetryOn.UNAVAILABLE,
              RetryOn.CANCELLED,
              RetryOn.RETRIABLE_STATUS_CODES),
          Set.of(),
          DEFAULT_BACKOFF,
          true);

  public RetryPolicy {
    on = Set.copyOf(on);
    statuses = Set.copyOf(statuses);
    if (attempts < 0) {
      throw new IllegalArgumentException("attempts: " + attempts + " (expected: 0 or more)");
    }
  }
}
