package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import java.util.List;
import java.util.Optional;

/** What answers under a set of domains: an ordered list of routes. Immutable. */
public final class VirtualHost {
  private final String name;
  private final List<String> domains;
  private final List<Route> routes;
  private final RouteIndex index;

  private VirtualHost(String name, List<String> domains, List<Route> routes, RouteIndex index) {
    this.name = name;
    this.domains = List.copyOf(domains);
    this.routes = List.copyOf(routes);
    this.index = index;
  }

  /**
   * A virtual host.
   *
   * @param name for logs and counters
   * @param domains host names without port, each exact, {@code *} and a suffix, or {@code *} alone
   * @param routes tried in this order
   */
  public static VirtualHost of(String name, List<String> domains, List<Route> routes) {
    return new VirtualHost(name, domains, routes, new RouteIndex(routes));
  }

  /** The same routes under another name and other domains. */
  public VirtualHost under(String otherName, List<String> otherDomains) {
    return new VirtualHost(otherName, otherDomains, routes, index);
  }

  /** For logs and counters. */
  public String name() {
    return name;
  }

  /** The domains under which it answers. */
  public List<String> domains() {
    return domains;
  }

  /** The routes in the order in which they are tried. */
  public List<Route> routes() {
    return routes;
  }

  /**
   * The first route that accepts the request; without one the request is answered with 404.
   *
   * @param path the request's path, normalised by {@link TargetPath}
   */
  public Optional<Route> route(DownstreamRequest request, String path) {
    return Optional.ofNullable(index.first(request, path));
  }

  @Override
  public String toString() {
    return "VirtualHost[" + name + " " + domains + " " + routes + "]";
  }
}
