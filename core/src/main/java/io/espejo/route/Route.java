package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import java.util.List;

/**
 * What is done with the requests that any of its matches accepts.
 *
 * @param name for logs and counters
 * @param matches alternatives; none at all means that every request matches
 * @param clusters v1: where a request goes, at least one
 * @param mirrors v2: who gets a copy
 */
public record Route(
    String name, List<RouteMatch> matches, List<WeightedCluster> clusters, List<Mirror> mirrors) {
  public Route {
    matches = List.copyOf(matches);
    clusters = List.copyOf(clusters);
    mirrors = List.copyOf(mirrors);
    if (clusters.isEmpty()) {
      throw new IllegalArgumentException("clusters: 0 (expected: 1 or more)");
    }
  }

  /**
   * The name of the cluster that gets a request with this draw. Weights are relative to their sum;
   * a single cluster gets every request, even at weight 0.
   *
   * @param draw uniform in 0..999,999; not the one that decides the mirrors, so that a share is a
   *     share of each cluster's requests
   */
  public String cluster(int draw) {
    if (clusters.size() == 1) {
      return clusters.get(0).cluster();
    }
    long sum = 0;
    for (int i = 0; i < clusters.size(); i++) {
      sum += clusters.get(i).weight();
    }
    long point = draw * sum / Draw.BOUND;
    for (int i = 0; i < clusters.size(); i++) {
      point -= clusters.get(i).weight();
      if (point < 0) {
        return clusters.get(i).cluster();
      }
    }
    return clusters.get(0).cluster();
  }

  boolean accepts(DownstreamRequest request, String path) {
    if (matches.isEmpty()) {
      return true;
    }
    for (int i = 0; i < matches.size(); i++) {
      if (matches.get(i).accepts(request, path)) {
        return true;
      }
    }
    return false;
  }
}
