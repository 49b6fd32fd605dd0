package io.espejo.route;

/**
 * One of the destinations among which a route divides its requests.
 *
 * @param cluster the name of the destination's cluster; it need not exist
 * @param weight at least 0, relative to the sum of the route's weights
 * @param edits of the headers, if this one is chosen
 * @param local whether it is the application itself that a filter sits in
 */
public record WeightedCluster(String cluster, int weight, HeaderEdits edits, boolean local) {
  public WeightedCluster {
    if (weight < 0) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: 0 or more)");
    }
  }

  /** A destination elsewhere that leaves the headers as they are. */
  public WeightedCluster(String cluster, int weight) {
    this(cluster, weight, HeaderEdits.NONE, false);
  }
}
