package io.espejo.route;

/**
 * Which part of the requests a mirror gets.
 *
 * <p>One draw per request decides all of its mirrors, as in Envoy, so a smaller share lies inside a
 * larger one.
 *
 * @param partsPerMillion 0 (none) to 1,000,000 (all)
 */
public record Share(int partsPerMillion) {
  /** Every request. */
  public static final Share ALL = new Share(Draw.BOUND);

  /** No request. */
  public static final Share NONE = new Share(0);

  public Share {
    if (partsPerMillion < 0 || partsPerMillion > Draw.BOUND) {
      throw new IllegalArgumentException(
          "partsPerMillion: " + partsPerMillion + " (expected: 0..1000000)");
    }
  }

  /**
   * Whether a request with this draw is inside the share.
   *
   * @param draw uniform in 0..999,999
   */
  public boolean includes(int draw) {
    return draw < partsPerMillion;
  }
}
