package io.espejo.mirror;

import io.espejo.exchange.CopyDestination;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.route.ShadowRules;
import io.espejo.upstream.Cluster;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Where copies of one cluster go, with what bounds and counts them. Safe for any threads. */
public final class MirrorDestination implements CopyDestination {
  private final String name;
  private final Optional<Cluster> cluster;
  private final int maxInFlight;
  private final Pause pause;
  private final OutcomeCounter counter;
  private final InFlight inFlight;

  /** Of those policies that have a bound of their own. */
  private final Map<String, InFlight> inFlightByPolicy;

  private MirrorDestination(
      String name,
      Optional<Cluster> cluster,
      MirrorLimits limits,
      OutcomeCounter counter,
      InFlight inFlight,
      Map<String, InFlight> inFlightByPolicy) {
    this.name = name;
    this.cluster = cluster;
    this.pause = new Pause(limits);
    this.counter = counter;
    this.inFlight = inFlight;
    this.inFlightByPolicy = inFlightByPolicy;
    // What a DestinationRule says stands over our own bound.
    this.maxInFlight =
        cluster
            .flatMap(known -> known.maxRequests().stream().boxed().findFirst())
            .orElse(limits.maxInFlight());
  }

  MirrorDestination(String name, Optional<Cluster> cluster, MirrorLimits limits) {
    this(name, cluster, limits, new OutcomeCounter(), new InFlight(), new ConcurrentHashMap<>());
  }

  /** The same destination once its cluster is another: it counts on, and has no pause. */
  MirrorDestination with(Optional<Cluster> changed, MirrorLimits limits) {
    return new MirrorDestination(name, changed, limits, counter, inFlight, inFlightByPolicy);
  }

  /** Forgets bounds under which nothing is in flight; the rules may not name their policies now. */
  public void forgetUnusedBounds() {
    inFlightByPolicy.values().removeIf(InFlight::isNone);
  }

  @Override
  public String name() {
    return name;
  }

  /** The cluster, unless no document defines it. */
  public Optional<Cluster> cluster() {
    return cluster;
  }

  @Override
  public OutcomeCounts counts() {
    return counter.counts();
  }

  @Override
  public boolean paused() {
    return pause.paused();
  }

  OutcomeCounter counter() {
    return counter;
  }

  Pause pause() {
    return pause;
  }

  /** Those with which a copy shares its bound: of its policy, if that has one, else of no such. */
  InFlight inFlight(ShadowRules rules) {
    if (rules.limits().maxInFlight().isEmpty()) {
      return inFlight;
    }
    InFlight known = inFlightByPolicy.get(rules.policy());
    return known != null
        ? known
        : inFlightByPolicy.computeIfAbsent(rules.policy(), policy -> new InFlight());
  }

  int maxInFlight(ShadowRules rules) {
    return rules.limits().maxInFlight().orElse(maxInFlight);
  }
}
