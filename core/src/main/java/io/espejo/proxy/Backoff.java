package io.espejo.proxy;

import java.time.Duration;
import java.util.function.LongUnaryOperator;

/**
 * The pauses before further attempts: each drawn below a bound that begins with the base, doubles,
 * and ends at ten times the base, as Envoy's.
 */
final class Backoff {
  private static final int MOST = 10;

  private final LongUnaryOperator random;
  private final long maxMillis;
  private long millis;

  /**
   * The pauses of one request.
   *
   * @param random gives a number from 0 to below its argument
   */
  Backoff(Duration base, LongUnaryOperator random) {
    this.random = random;
    this.millis = base.toMillis();
    this.maxMillis = MOST * millis;
  }

  Duration next() {
    long pause = random.applyAsLong(millis);
    millis = Math.min(2 * millis, maxMillis);
    return Duration.ofMillis(pause);
  }
}
