package io.espejo.upstream;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One destination as one leg reaches it: its endpoints and the choice among them.
 *
 * <p>The choice is Istio's default, LEAST_REQUEST as Envoy does it: of two endpoints drawn at
 * random the one with fewer requests now. Safe for any threads.
 */
public final class Cluster {
  private final ClusterSpec spec;
  private final List<Endpoint> endpoints;
  private final int totalWeight;

  /** A cluster on {@code leg}; opens no connection. */
  public Cluster(ClusterSpec spec, Leg leg) {
    this.spec = spec;
    this.endpoints =
        spec.endpoints().stream().map(endpoint -> new Endpoint(endpoint, leg)).toList();
    this.totalWeight = endpoints.stream().mapToInt(Endpoint::weight).sum();
  }

  /** What it was made from. */
  public ClusterSpec spec() {
    return spec;
  }

  /** Where the next request goes; empty when there is no endpoint. */
  public Optional<Endpoint> pick() {
    return switch (endpoints.size()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(endpoints.get(0));
      default -> {
        Endpoint one = draw();
        Endpoint other = draw();
        yield Optional.of(other.active() < one.active() ? other : one);
      }
    };
  }

  private Endpoint draw() {
    int left = ThreadLocalRandom.current().nextInt(totalWeight);
    for (Endpoint endpoint : endpoints) {
      left -= endpoint.weight();
      if (left < 0) {
        return endpoint;
      }
    }
    return endpoints.get(0);
  }
}
