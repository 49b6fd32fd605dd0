package io.espejo.route;

/** The range of the random numbers that decide shares and weights. */
final class Draw {
  /** A draw is uniform in 0 (inclusive) to this (exclusive). */
  static final int BOUND = 1_000_000;

  private Draw() {}
}
