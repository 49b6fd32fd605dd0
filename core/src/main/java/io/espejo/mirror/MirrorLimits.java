package io.espejo.mirror;

import java.time.Duration;

/**
 * What copies may take, so that nothing of v2's reaches v1.
 *
 * @param maxInFlight copies in flight per destination, waiting ones included; beyond it dropped
 * @param maxLagBytes how far v2 may lag behind v1 within one body; beyond it that copy is reset
 * @param maxBodyBytes how long the body of a copy may be; 0: any length
 * @param maxMemoryBytes memory for all copies: buffers at capacity, and at least 2 KiB a head
 * @param waitTimeout how long a copy may wait for a connection
 * @param bodyTimeout how long v2 may take no byte of the body while there are some
 * @param answerTimeout from the end of the request to the end of v2's answer
 * @param maxAnswerBytes how long v2's answer may be; 0: within the time above, any length
 * @param failuresToPause failures in a row after which no copy is sent for a while
 * @param pause the first such while; it doubles each time
 * @param maxPause the longest
 * @param closeTimeout how long copies may go on once Espejo closes and v1's exchanges have ended
 */
public record MirrorLimits(
    int maxInFlight,
    long maxLagBytes,
    long maxBodyBytes,
    long maxMemoryBytes,
    Duration waitTimeout,
    Duration bodyTimeout,
    Duration answerTimeout,
    long maxAnswerBytes,
    int failuresToPause,
    Duration pause,
    Duration maxPause,
    Duration closeTimeout) {
  /** What holds unless somebody says otherwise. */
  public static final MirrorLimits DEFAULT =
      new MirrorLimits(
          1024,
          1024 * 1024,
          0,
          64L * 1024 * 1024,
          Duration.ofSeconds(15),
          Duration.ofSeconds(15),
          Duration.ofSeconds(15),
          0,
          20,
          Duration.ofSeconds(1),
          Duration.ofSeconds(60),
          Duration.ofSeconds(2));
}
