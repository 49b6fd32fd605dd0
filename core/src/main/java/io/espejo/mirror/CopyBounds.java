package io.espejo.mirror;

import io.espejo.route.ShadowRules;
import java.time.Duration;

/**
 * What one copy may take.
 *
 * @param inFlight where it counts
 * @param answerTimeout from the end of the request to the end of v2's answer
 */
record CopyBounds(InFlight inFlight, Duration answerTimeout, long maxLagBytes, long maxBodyBytes) {
  /** What its rules say, else its route, else the limits of all copies. */
  static CopyBounds of(
      MirrorDestination destination,
      ShadowRules rules,
      Duration routeTimeout,
      MirrorLimits limits) {
    Duration timeout = rules.timeout().orElse(routeTimeout);
    return new CopyBounds(
        destination.inFlight(rules),
        timeout.isZero() ? limits.answerTimeout() : timeout,
        rules.limits().maxLagBytes().orElse(limits.maxLagBytes()),
        rules
            .limits()
            .maxBodyBytes()
            .orElse(limits.maxBodyBytes() == 0 ? Long.MAX_VALUE : limits.maxBodyBytes()));
  }
}
