package io.espejo.route;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** What goes wrong on purpose, before v1 is asked. */
public record Faults(Optional<Delay> delay, Optional<Abort> abort) {
  /** Nothing. */
  public static final Faults NONE = new Faults(Optional.empty(), Optional.empty());

  /** A share of the requests waits. */
  public record Delay(Duration duration, Share share) {}

  /**
   * A share of the requests is answered here.
   *
   * @param status 200 to 600; 200 beside a gRPC status
   * @param grpcStatus what a gRPC client is told; if empty, what the status comes to
   */
  public record Abort(int status, OptionalInt grpcStatus, Share share) {}
}
