package io.espejo.route;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The request goes to v1, and copies of it to the mirrors.
 *
 * @param clusters v1: where a request goes, at least one
 * @param mirrors v2: who gets a copy
 * @param rewrite how v1's request differs from the client's
 * @param edits of the headers, whatever cluster is chosen; they follow the cluster's own
 * @param timeout from the end of the request to the end of the answer, retries included; zero: none
 * @param retries when v1 is asked again
 */
public record Forward(
    List<WeightedCluster> clusters,
    List<Mirror> mirrors,
    Optional<Rewrite> rewrite,
    HeaderEdits edits,
    Duration timeout,
    RetryPolicy retries)
    implements Action {
  public Forward {
    clusters = List.copyOf(clusters);
    mirrors = List.copyOf(mirrors);
    if (clusters.isEmpty()) {
      throw new IllegalArgumentException("clusters: 0 (expected: 1 or more)");
    }
  }

  /** Nothing but these clusters and mirrors, and Istio's defaults. */
  public static Forward to(List<WeightedCluster> clusters, List<Mirror> mirrors) {
    return new Forward(
        clusters,
        mirrors,
        Optional.empty(),
        HeaderEdits.NONE,
        Duration.ZERO,
        RetryPolicy.ISTIO_DEFAULT);
  }

  /** Whether the application itself is the one destination, and nothing else is asked for. */
  boolean leavesAlone() {
    return mirrors.isEmpty()
        && clusters.size() == 1
        && clusters.get(0).local()
        && clusters.get(0).edits().equals(HeaderEdits.NONE)
        && edits.equals(HeaderEdits.NONE);
  }

  /**
   * The cluster that gets a request with this draw. Weights are relative to their sum; a single
   * cluster gets every request, even at weight 0.
   *
   * @param draw uniform in 0..999,999; not the one that decides the mirrors, so that a share is a
   *     share of each cluster's requests
   */
  public WeightedCluster cluster(int draw) {
    if (clusters.size() == 1) {
      return clusters.get(0);
    }
    long sum = 0;
    for (int i = 0; i < clusters.size(); i++) {
      sum += clusters.get(i).weight();
    }
    long point = draw * sum / Draw.BOUND;
    for (int i = 0; i < clusters.size(); i++) {
      point -= clusters.get(i).weight();
      if (point < 0) {
        return clusters.get(i);
      }
    }
    return clusters.get(0);
  }
}
