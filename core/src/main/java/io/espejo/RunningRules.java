package io.espejo;

import io.espejo.config.Problem;
import io.espejo.config.RulesException;
import io.espejo.route.Forward;
import io.espejo.upstream.Cluster;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rules that run at one moment, for operators: what is named, weighed, copied and healthy.
 *
 * <p>It has no match, header or body of a rule, and nothing of TLS, because those may be secret.
 *
 * @param source where they came from
 * @param taken when
 * @param refusal what was refused since
 * @param hosts in the order of the documents
 * @param primaries the clusters as v1's leg reaches them, by name
 * @param mirrors the destinations of copies, as v2's leg reaches them, by name
 */
public record RunningRules(
    String source,
    Instant taken,
    Optional<Refusal> refusal,
    List<Host> hosts,
    List<Destination> primaries,
    List<Destination> mirrors) {

  /** A set of rules that was not taken, and everything that is wrong with it. */
  public record Refusal(Instant time, List<String> problems) {
    static Refusal of(RulesException refused, Instant time) {
      return new Refusal(time, refused.problems().stream().map(Problem::toString).toList());
    }
  }

  /** A virtual host. */
  public record Host(String name, List<String> domains, List<Route> routes) {}

  /**
   * A route.
   *
   * @param clusters where v1 is; none: it is answered here
   */
  public record Route(String name, List<Weight> clusters, List<Mirror> mirrors) {}

  /** A cluster, and its weight among those of its route. */
  public record Weight(String cluster, int weight) {}

  /**
   * Where copies go, and of how many requests in a hundred.
   *
   * @param policy the name of the MirrorPolicy with its namespace; empty where none is
   * @param expires from when on nothing is sent; empty: never
   */
  public record Mirror(String cluster, double percent, String policy, Optional<Instant> expires) {}

  /**
   * A cluster as one leg reaches it.
   *
   * @param paused no copies go there now; never so for v1
   * @param endpoints none when no document defines it, too
   */
  public record Destination(
      String cluster, boolean paused, List<Cluster.EndpointState> endpoints) {}

  static RunningRules of(
      String source, Instant taken, Optional<Refusal> refusal, Snapshot snapshot) {
    return new RunningRules(
        source,
        taken,
        refusal,
        snapshot.routes().virtualHosts().stream()
            .map(
                host ->
                    new Host(
                        host.name(),
                        host.domains(),
                        host.routes().stream().map(RunningRules::route).toList()))
            .toList(),
        snapshot.primaries().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(
                primary ->
                    new Destination(primary.getKey(), false, primary.getValue().endpointStates()))
            .toList(),
        snapshot.mirrors().values().stream()
            .map(
                mirror ->
                    new Destination(
                        mirror.name(),
                        mirror.paused(),
                        mirror.cluster().map(Cluster::endpointStates).orElse(List.of())))
            .sorted(Comparator.comparing(Destination::cluster))
            .toList());
  }

  private static Route route(io.espejo.route.Route route) {
    return route.action() instanceof Forward forward
        ? new Route(
            route.name(),
            forward.clusters().stream()
                .map(cluster -> new Weight(cluster.cluster(), cluster.weight()))
                .toList(),
            forward.mirrors().stream()
                .map(
                    mirror ->
                        new Mirror(
                            mirror.cluster(),
                            mirror.share().partsPerMillion() / 10_000.0,
                            mirror.rules().policy(),
                            mirror.rules().expires()))
                .toList())
        : new Route(route.name(), List.of(), List.of());
  }
}
