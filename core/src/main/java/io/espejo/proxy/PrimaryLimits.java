package io.espejo.proxy;

import java.time.Duration;

/**
 * What the exchange with v1 may take.
 *
 * @param maxRequests per endpoint, those that wait for a connection included; beyond it 503
 * @param idleTimeout how long a connection to v1 may be without traffic; zero: for ever
 * @param retryBodyBytes how much of a body is kept for a further attempt; beyond it none is made
 * @param retryMemoryBytes the same for all bodies together
 * @param closeTimeout how long exchanges may go on once Espejo closes
 * @param maxUpgrades connections switched to another protocol at once; beyond it 503
 * @param upgradeIdleTimeout how long such a connection may be without a byte; zero: for ever
 */
public record PrimaryLimits(
    int maxRequests,
    Duration idleTimeout,
    int retryBodyBytes,
    int retryMemoryBytes,
    Duration closeTimeout,
    int maxUpgrades,
    Duration upgradeIdleTimeout) {
  /** What holds unless somebody says otherwise. */
  public static final PrimaryLimits DEFAULT =
      new PrimaryLimits(
          2048,
          Duration.ofMinutes(5),
          64 * 1024,
          16 * 1024 * 1024,
          Duration.ofSeconds(30),
          1024,
          Duration.ofMinutes(5));
}
