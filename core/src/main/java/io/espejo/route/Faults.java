package io.espejo.route;

import java.time.Duration;
import java.util.Optional;

/** What goes wrong on purpose, before v1 is asked. */
public record Faults(Optional<Delay> delay, Optional<Abort> abort) {
  /** Nothing. */
  public static final Faults NONE = new Faults(Optional.empty(), Optional.empty());

  /** A share of the requests waits. */
  public record Delay(Duration duration, Share share) {}

  /**
   * A share of the requests is answered here.
   *
   * @param status 200 to 599
   */
  public record Abort(int status, Share share) {}
}
