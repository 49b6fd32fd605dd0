package io.espejo.config;

import io.espejo.config.Hosts.Host;
import io.espejo.config.HttpRoute.WeightedDestination;
import io.espejo.route.Action;
import io.espejo.route.DirectResponse;
import io.espejo.route.Faults;
import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits;
import io.espejo.route.Mirror;
import io.espejo.route.PathRewrite;
import io.espejo.route.RetryPolicy;
import io.espejo.route.Rewrite;
import io.espejo.route.Route;
import io.espejo.route.WeightedCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Makes routes of what a VirtualService says: as in Istio, one of each match. */
final class RouteCompiler {
  private final Map<String, Service> services;
  private final Policies policies;
  private final RulesOptions options;
  private final Report report;

  RouteCompiler(
      Map<String, Service> services, Policies policies, RulesOptions options, Report report) {
    this.services = services;
    this.policies = policies;
    this.options = options;
    this.report = report;
  }

  /**
   * The routes that can hold for this instance.
   *
   * @param defaultName for routes that have none, with their number
   * @param listenPort at which the requests come
   */
  List<Route> routes(String defaultName, List<HttpRoute> https, int listenPort) {
    List<Route> routes = new ArrayList<>();
    int number = 0;
    for (HttpRoute http : https) {
      String name = http.name().isEmpty() ? defaultName + "/" + number : http.name();
      number++;
      if (http.matches().isEmpty()) {
        routes.add(route(name, http, Optional.empty(), listenPort));
      }
      for (HttpMatch match : http.matches()) {
        if (match.holds(options, listenPort)) {
          String full = match.name().isEmpty() ? name : name + "." + match.name();
          routes.add(route(full, http, Optional.of(match), listenPort));
        }
      }
    }
    return routes;
  }

  private Route route(String name, HttpRoute http, Optional<HttpMatch> match, int listenPort) {
    return new Route(
        name,
        match.map(HttpMatch::compile).stream().toList(),
        action(http, match, listenPort),
        http.faults().orElse(Faults.NONE),
        http.cors());
  }

  private Action action(HttpRoute http, Optional<HttpMatch> match, int listenPort) {
    HeaderEdits edits = http.headers().orElse(HeaderEdits.NONE);
    if (http.redirect().isPresent()) {
      return http.redirect().get().compile(match, listenPort, edits);
    }
    if (http.directResponse().isPresent()) {
      DirectRule direct = http.directResponse().get();
      return new DirectResponse(direct.status(), direct.body(), edits);
    }
    List<WeightedDestination> destinations = http.destinations();
    boolean single = destinations.size() == 1;
    if (single) {
      // Istio makes one list of both, so that the destination's come last and win.
      edits = edits.then(destinations.get(0).edits());
    }
    return new Forward(
        destinations.stream()
            .map(d -> weighted(d, single ? HeaderEdits.NONE : d.edits(), listenPort))
            .toList(),
        http.mirrors().rules().stream()
            .map(
                m ->
                    new Mirror(
                        cluster(m.destination(), listenPort, "nothing is mirrored"),
                        m.share(),
                        policies.rules(http, m.destination())))
            .toList(),
        rewrite(http, match, edits),
        edits,
        http.timeout().orElse(Duration.ZERO),
        http.retries().orElse(RetryPolicy.ISTIO_DEFAULT));
  }

  private WeightedCluster weighted(WeightedDestination weighted, HeaderEdits edits, int port) {
    Destination destination = weighted.destination();
    boolean local = options.local().filter(service -> service.is(destination)).isPresent();
    // The application needs no document to be found.
    String name =
        local
            ? Service.clusterName(port, destination.subset(), destination.fullHost())
            : cluster(destination, port, "its requests get 503");
    return new WeightedCluster(name, weighted.weight(), edits, local);
  }

  private static Optional<Rewrite> rewrite(
      HttpRoute http, Optional<HttpMatch> match, HeaderEdits edits) {
    Optional<PathRewrite> path = http.rewrite().flatMap(rewrite -> rewrite.path(match));
    String authority =
        http.rewrite()
            .map(RewriteRule::authority)
            .filter(text -> !text.isEmpty())
            .orElse(edits.authority());
    return path.isEmpty() && authority.isEmpty()
        ? Optional.empty()
        : Optional.of(new Rewrite(path, authority));
  }

  private String cluster(Destination destination, int listenPort, String consequence) {
    Host host = destination.host();
    String name = destination.fullHost();
    Service service = services.get(name);
    if (service == null) {
      report.warn(host.place(), Compiler.unknown(name) + ", " + consequence);
      int port = destination.port() == 0 ? listenPort : destination.port();
      return Service.clusterName(port, destination.subset(), name);
    }
    if (!destination.subset().isEmpty() && !service.subsets().containsKey(destination.subset())) {
      report.warn(
          destination.subsetPlace(),
          destination.subset() + " is a subset that no DestinationRule defines, " + consequence);
    }
    List<Integer> ports = service.ports();
    int port = destination.port();
    if (port == 0 && !ports.isEmpty()) {
      List<Integer> routed = service.routedPorts();
      port = routed.contains(listenPort) ? listenPort : routed.get(0);
      if (routed.size() > 1) {
        report.warn(
            host.place(), name + " has several ports, " + port + " is taken (expected: port)");
      }
    } else if (!ports.contains(port)) {
      report.warn(
          host.place(),
          name + " has no port " + port + ", " + consequence + " (expected: " + list(ports) + ")");
    }
    return Service.clusterName(port, destination.subset(), name);
  }

  private static String list(List<Integer> ports) {
    return ports.stream().map(String::valueOf).collect(Collectors.joining(" or "));
  }
}
