package io.espejo.exchange;

import java.util.Map;

/**
 * What happened on the way to v1, up to one moment.
 *
 * @param overflows requests that were answered 503 because there were too many
 * @param retries further attempts that were begun
 * @param retriesOverLimit further attempts that were not made because the cluster had too many
 * @param bodiesNotKept requests that could not be tried again because their bodies were too large
 * @param timeouts time limits of a route, or of one of its attempts, that ran out
 * @param delays requests that a fault delayed
 * @param delaysOverLimit requests that went on undelayed because too many waited
 * @param aborts requests that a fault answered
 * @param upgrades connections that v1 switched to another protocol
 * @param upgradesOverLimit requests for that which were refused because too many were open
 * @param earlyHints interim answers 103 that were passed on
 * @param earlyHintsNotSent those that were not: the container or client cannot, or has one already
 * @param lateCalls calls on what a container had lent for a request that were under way 1 s after
 *     the request had ended
 */
public record PrimaryCounts(
    long overflows,
    long retries,
    long retriesOverLimit,
    long bodiesNotKept,
    long timeouts,
    long delays,
    long delaysOverLimit,
    long aborts,
    long upgrades,
    long upgradesOverLimit,
    long earlyHints,
    long earlyHintsNotSent,
    long lateCalls) {
  /** The same by the names that JMX and metrics have for them. */
  public Map<String, Long> byName() {
    return Map.ofEntries(
        Map.entry("overflows", overflows),
        Map.entry("retries", retries),
        Map.entry("retries_over_limit", retriesOverLimit),
        Map.entry("bodies_not_kept", bodiesNotKept),
        Map.entry("timeouts", timeouts),
        Map.entry("delays", delays),
        Map.entry("delays_over_limit", delaysOverLimit),
        Map.entry("aborts", aborts),
        Map.entry("upgrades", upgrades),
        Map.entry("upgrades_over_limit", upgradesOverLimit),
        Map.entry("early_hints", earlyHints),
        Map.entry("early_hints_not_sent", earlyHintsNotSent),
        Map.entry("late_calls", lateCalls));
  }
}
