package io.espejo;

import io.espejo.config.CompiledRules;
import io.espejo.config.OwnMirror;
import io.espejo.mirror.MirrorDestination;
import io.espejo.mirror.Mirroring;
import io.espejo.route.Forward;
import io.espejo.route.Mirror;
import io.espejo.route.Route;
import io.espejo.route.RouteTable;
import io.espejo.route.VirtualHost;
import io.espejo.upstream.Cluster;
import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.Leg;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One set of rules as requests meet it; a request keeps the one it began with.
 *
 * @param routes where a request goes, by cluster names
 * @param own the routes that the application made by itself, which end in it
 * @param primaries the clusters as v1's leg reaches them
 * @param mirrors the destinations that some route mirrors to, as v2's leg reaches them
 */
record Snapshot(
    RouteTable routes,
    Map<OwnMirror, Route> own,
    Map<String, Cluster> primaries,
    Map<String, MirrorDestination> mirrors) {
  static final Snapshot EMPTY = new Snapshot(RouteTable.EMPTY, Map.of(), Map.of(), Map.of());

  /**
   * The next set; a cluster that did not change is carried over with its pauses and pools, and
   * every destination with its counters.
   */
  Snapshot next(
      CompiledRules rules,
      Map<OwnMirror, Route> own,
      Leg primary,
      Leg shadow,
      Mirroring mirroring) {
    Map<String, Cluster> nextPrimaries = new HashMap<>();
    rules
        .clusters()
        .forEach(
            (name, spec) -> {
              Cluster known = primaries.get(name);
              nextPrimaries.put(
                  name,
                  known != null && known.spec().equals(spec) ? known : new Cluster(spec, primary));
            });
    Map<String, MirrorDestination> nextMirrors = new HashMap<>();
    Stream.concat(
            rules.routes().virtualHosts().stream().map(VirtualHost::routes).flatMap(List::stream),
            own.values().stream())
        .flatMap(route -> mirrors(route).stream())
        .forEach(
            mirror ->
                nextMirrors.computeIfAbsent(
                    mirror.cluster(), name -> destination(name, rules, shadow, mirroring)));
    return new Snapshot(
        rules.routes(), Map.copyOf(own), Map.copyOf(nextPrimaries), Map.copyOf(nextMirrors));
  }

  private static List<Mirror> mirrors(Route route) {
    return route.action() instanceof Forward forward ? forward.mirrors() : List.of();
  }

  private MirrorDestination destination(
      String name, CompiledRules rules, Leg shadow, Mirroring mirroring) {
    Optional<ClusterSpec> spec = Optional.ofNullable(rules.clusters().get(name));
    MirrorDestination known = mirrors.get(name);
    if (known != null) {
      known.forgetUnusedBounds();
    }
    return known != null && known.cluster().map(Cluster::spec).equals(spec)
        ? known
        : mirroring.destination(
            name, spec.map(defined -> new Cluster(defined, shadow)), Optional.ofNullable(known));
  }

  /** Where the copies of one of its mirrors go. */
  MirrorDestination mirror(Mirror mirror) {
    MirrorDestination destination = mirrors.get(mirror.cluster());
    if (destination == null) {
      throw new IllegalStateException("no destination for " + mirror.cluster());
    }
    return destination;
  }

  /** Waits until the names of its clusters have addresses, but not longer than this in all. */
  void awaitAddresses(Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    try {
      for (Cluster cluster : clusters()) {
        cluster.awaitAddresses(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes what the next set does not carry over; what runs there comes to its end. */
  void replacedBy(Snapshot next) {
    Set<Cluster> kept = Set.copyOf(next.clusters());
    clusters().stream().filter(cluster -> !kept.contains(cluster)).forEach(Cluster::close);
  }

  private List<Cluster> clusters() {
    return Stream.concat(
            primaries.values().stream(),
            mirrors.values().stream().flatMap(destination -> destination.cluster().stream()))
        .toList();
  }
}
