package io.espejo.proxy;

import java.time.Duration;

/**
 * What the exchange with v1 may take.
 *
 * @param maxRequests per endpoint, those that wait for a connection included; beyond it 503
 * @param idleTimeout how long a connection to v1 may be without traffic; zero: for ever
 */
public record PrimaryLimits(int maxRequests, Duration idleTimeout) {
  /** What holds unless somebody says otherwise. */
  public static final PrimaryLimits DEFAULT = new PrimaryLimits(2048, Duration.ofMinutes(5));
}
