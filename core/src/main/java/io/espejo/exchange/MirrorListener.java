package io.espejo.exchange;

import java.time.Duration;

/**
 * Told what became of each considered copy.
 *
 * <p>Called on a thread of the mirror's own, one call at a time, never on v1's path; up to 8,192
 * events wait, further ones are lost and counted. What it throws is caught and logged.
 *
 * <pre>{@code
 * MirrorListener log = (copy, outcome) -> System.out.println(copy.destination() + " " + outcome);
 * }</pre>
 */
@FunctionalInterface
public interface MirrorListener {
  /** Hears nothing. */
  MirrorListener NONE = (copy, outcome) -> {};

  /** One copy came to its end. */
  void onOutcome(Copy copy, Outcome outcome);

  /**
   * One considered copy.
   *
   * @param route the name of the route that asked for it
   * @param destination the cluster it was for, as Istio names it
   * @param requestId the {@code x-request-id} it shares with v1's request; of a longer one the
   *     first 256 characters
   * @param duration from the verdict to the outcome
   */
  record Copy(String route, String destination, String requestId, Duration duration) {}
}
