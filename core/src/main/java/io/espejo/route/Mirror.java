package io.espejo.route;

/**
 * A destination that gets a copy of a share of a route's requests.
 *
 * @param cluster the name of the destination's cluster; it need not exist
 * @param rules what is said of the copies
 */
public record Mirror(String cluster, Share share, ShadowRules rules) {
  /** A mirror as Istio has it. */
  public Mirror(String cluster, Share share) {
    this(cluster, share, ShadowRules.ISTIO);
  }
}
