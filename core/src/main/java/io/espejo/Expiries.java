package io.espejo;

import io.espejo.route.Forward;
import io.espejo.route.Mirror;
import io.espejo.route.RouteTable;
import io.espejo.route.ShadowRules;
import java.lang.System.Logger.Level;
import java.util.List;

/** Says of each policy that it has expired, once, when it is looked at after that. */
final class Expiries implements Runnable {
  private static final System.Logger LOG = System.getLogger(Expiries.class.getName());

  private List<ShadowRules> upcoming = List.of();

  /** Looks at these from now on; of what has expired already, the reading of it has warned. */
  synchronized void follow(RouteTable routes) {
    upcoming =
        routes.virtualHosts().stream()
            .flatMap(virtualHost -> virtualHost.routes().stream())
            .filter(route -> route.action() instanceof Forward)
            .flatMap(route -> ((Forward) route.action()).mirrors().stream())
            .map(Mirror::rules)
            .filter(rules -> rules.expires().isPresent() && !rules.expired())
            .distinct()
            .toList();
  }

  @Override
  public synchronized void run() {
    List<ShadowRules> expired = upcoming.stream().filter(ShadowRules::expired).toList();
    if (!expired.isEmpty()) {
      upcoming = upcoming.stream().filter(rules -> !expired.contains(rules)).toList();
    }
    for (ShadowRules rules : expired) {
      LOG.log(
          Level.WARNING,
          "MirrorPolicy {0} has expired: its mirrors send nothing from now on",
          rules.policy());
    }
  }
}
