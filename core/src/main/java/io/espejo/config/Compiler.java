package io.espejo.config;

import io.espejo.config.DestinationRule.Subset;
import io.espejo.config.Hosts.Host;
import io.espejo.route.Forward;
import io.espejo.route.Route;
import io.espejo.route.RouteTable;
import io.espejo.route.VirtualHost;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.ClusterSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Joins the documents: names become clusters, services and VirtualServices become virtual hosts.
 */
final class Compiler {
  private final RulesOptions options;
  private final Report report;
  private static final String ROOT_NAMESPACE = "istio-system";

  private final List<VirtualService> virtualServices;
  private final List<DestinationRule> destinationRules;
  private final List<ServiceEntry> serviceEntries;
  private final Policies policies;

  /** By full name. */
  private final Map<String, Service> services = new LinkedHashMap<>();

  Compiler(List<Document> documents, RulesOptions options, Report report) {
    this.options = options;
    this.report = report;
    virtualServices = only(VirtualService.class, documents);
    policies = new Policies(only(MirrorPolicy.class, documents), report);
    destinationRules =
        only(DestinationRule.class, documents).stream()
            .filter(rule -> visible(rule.exports(), rule.metadata()))
            .toList();
    List<WorkloadEntry> workloads = only(WorkloadEntry.class, documents);
    serviceEntries =
        only(ServiceEntry.class, documents).stream()
            .filter(entry -> visible(entry.exports(), entry.metadata()))
            .map(entry -> entry.select(workloads, report))
            .toList();
  }

  private static <T> List<T> only(Class<T> type, List<Document> documents) {
    return documents.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private boolean visible(Exports exports, Metadata metadata) {
    boolean visible = exports.reach(options.namespace());
    if (!visible) {
      report.warn(metadata.place(), metadata.name() + " is exported to other namespaces alone");
    }
    return visible;
  }

  CompiledRules compile() {
    Map<String, List<ServiceEntry>> entriesByHost = new LinkedHashMap<>();
    for (ServiceEntry entry : serviceEntries) {
      for (Host host : entry.hosts()) {
        String name = entry.metadata().fullName(host.name());
        if (!name.equalsIgnoreCase(host.name())) {
          report.warn(host.place(), host.name() + " is a short name, which Istio does not expand");
        }
        if (entry.ports().isEmpty()) {
          report.warn(host.place(), host.name() + " has no port, so nothing reaches it");
        }
        entriesByHost.computeIfAbsent(name, key -> new ArrayList<>()).add(entry);
      }
    }
    entriesByHost.forEach((host, entries) -> services.put(host, service(host, entries)));
    checkDestinationRules();
    Map<String, ClusterSpec> clusters = new LinkedHashMap<>();
    services.values().forEach(service -> clusters.putAll(service.clusters()));
    List<VirtualHost> virtualHosts = virtualHosts();
    RouteTable table = report.hasErrors() ? RouteTable.EMPTY : RouteTable.of(virtualHosts);
    return new CompiledRules(table, clusters, List.of());
  }

  /**
   * The rules of one namespace for a host: as in Istio, of the instance's own if it has any, then
   * of the service's, then of the root's.
   */
  private List<DestinationRule> destinationRules(String host, List<ServiceEntry> entries) {
    return Stream.of(
            Stream.of(options.namespace()),
            entries.stream().map(entry -> entry.metadata().namespace()),
            Stream.of(ROOT_NAMESPACE))
        .flatMap(namespaces -> namespaces)
        .map(
            namespace ->
                destinationRules.stream()
                    .filter(rule -> rule.metadata().namespace().equals(namespace))
                    .filter(rule -> Hosts.covers(fullHost(rule), host))
                    .toList())
        .filter(rules -> !rules.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  /** Of the rules for a host those count that name it most closely; their subsets add up. */
  private Service service(String host, List<ServiceEntry> entries) {
    List<DestinationRule> candidates = destinationRules(host, entries);
    Optional<String> closest =
        candidates.stream()
            .map(Compiler::fullHost)
            .max(
                Comparator.comparing((String h) -> !h.startsWith("*"))
                    .thenComparing(String::length));
    Map<String, Subset> subsets = new LinkedHashMap<>();
    Optional<TrafficPolicy> policy = Optional.empty();
    for (DestinationRule rule : candidates) {
      if (closest.filter(fullHost(rule)::equals).isEmpty()) {
        continue;
      }
      if (policy.isPresent() && rule.policy().isPresent()) {
        report.warn(
            rule.metadata().place(),
            host + " has a trafficPolicy in another DestinationRule, which stands");
      }
      policy = policy.or(rule::policy);
      for (Subset subset : rule.subsets()) {
        Subset first = subsets.putIfAbsent(subset.name(), subset);
        if (first != null) {
          report.warn(
              subset.place(),
              subset.name() + " is defined in " + first.place().file() + " already, which stands");
        }
      }
    }
    return new Service(host, entries, policy.orElse(TrafficPolicy.NONE), subsets);
  }

  private static String fullHost(DestinationRule rule) {
    return rule.metadata().fullName(rule.host().name());
  }

  private void checkDestinationRules() {
    for (DestinationRule rule : destinationRules) {
      String host = fullHost(rule);
      List<Service> covered =
          host.startsWith("*")
              ? services.values().stream().filter(s -> Hosts.covers(host, s.host())).toList()
              : Optional.ofNullable(services.get(host)).stream().toList();
      if (covered.isEmpty()) {
        report.warn(rule.host().place(), unknown(host));
      }
      for (Subset subset : rule.subsets()) {
        if (!covered.isEmpty() && covered.stream().noneMatch(s -> s.hasEndpoint(subset.labels()))) {
          report.warn(subset.place(), subset.name() + " has no endpoint");
        }
      }
    }
  }

  static String unknown(String host) {
    return host + " is defined by no ServiceEntry";
  }

  private List<VirtualHost> virtualHosts() {
    Delegation delegation = new Delegation(virtualServices, report);
    RouteCompiler routeCompiler = new RouteCompiler(services, policies, options, report);
    Map<String, Claim> claims = new LinkedHashMap<>();
    for (VirtualService virtualService : inOrder(virtualServices)) {
      Unreachable.check(virtualService.http(), report);
      checkOverlap(virtualService);
      if (!virtualService.holds(options)) {
        report.warn(
            virtualService.metadata().place(),
            "does not hold for this instance (settings gateways and namespace), and is left out");
        continue;
      }
      List<HttpRoute> http = delegation.routes(virtualService);
      options.local().ifPresent(own -> new InPlaceRules(own, services, report).check(http));
      Map<Integer, List<Route>> routesByPort = new HashMap<>();
      Claim claim =
          new Claim(
              virtualService,
              port ->
                  routesByPort.computeIfAbsent(
                      port, p -> routeCompiler.routes(virtualService.metadata().name(), http, p)));
      for (Host host : virtualService.hosts()) {
        claim(host, claim, claims);
      }
    }
    policies.check(virtualServices, options);
    return named(routes(claims));
  }

  /** Who answers for a host. */
  private record Claim(VirtualService by, IntFunction<List<Route>> routes) {}

  /**
   * As Istio orders them where several have the same host: those that are not exported to all come
   * first, then those that were there first, which is the order of the files.
   */
  private static List<VirtualService> inOrder(List<VirtualService> virtualServices) {
    return virtualServices.stream().sorted(Comparator.comparing(v -> v.exports().toAll())).toList();
  }

  private void claim(Host host, Claim claim, Map<String, Claim> claims) {
    String name = claim.by().metadata().fullName(host.name());
    // Without a route that can hold here, it is as if the host had not been named.
    if (listenPorts(name).allMatch(port -> claim.routes().apply(port).isEmpty())) {
      return;
    }
    Claim first = claims.putIfAbsent(name, claim);
    if (first != null && !first.by().metadata().equals(claim.by().metadata())) {
      report.warn(
          host.place(), name + " is a host of " + first.by().metadata() + " already, which stands");
    }
  }

  /**
   * The port at which requests for a host come: its service's own, the first of HTTP, unless the
   * setting says.
   */
  private int listenPort(String host) {
    Service service = services.get(host);
    return options.port() != 0
        ? options.port()
        : service == null || service.ports().isEmpty() ? 80 : service.routedPorts().get(0);
  }

  /** The same of a name with a star, which services may come under. */
  private IntStream listenPorts(String host) {
    IntStream own = IntStream.of(listenPort(host));
    return host.startsWith("*")
        ? IntStream.concat(
                own,
                services.keySet().stream()
                    .filter(service -> Hosts.covers(host, service))
                    .mapToInt(this::listenPort))
            .distinct()
        : own;
  }

  private Map<String, List<Route>> routes(Map<String, Claim> claims) {
    Map<String, List<Route>> routes = new LinkedHashMap<>();
    claims.forEach(
        (host, claim) -> {
          List<Route> its = claim.routes().apply(listenPort(host));
          if (!its.isEmpty()) {
            routes.put(host, its);
          }
        });
    List<String> wildcards =
        claims.keySet().stream()
            .filter(host -> host.startsWith("*"))
            .sorted(Comparator.comparing(String::length).reversed())
            .toList();
    for (Service service : services.values()) {
      if (!routes.containsKey(service.host())) {
        Optional<List<Route>> wildcard =
            wildcards.stream()
                .filter(host -> Hosts.covers(host, service.host()))
                .map(claims::get)
                .map(claim -> claim.routes().apply(listenPort(service.host())))
                .filter(its -> !its.isEmpty())
                .findFirst();
        // An application answers what no rule speaks of.
        List<Route> otherwise = options.local().isPresent() ? List.of() : defaultRoutes(service);
        routes.put(service.host(), wildcard.orElse(otherwise));
      }
    }
    return routes;
  }

  private void checkOverlap(VirtualService virtualService) {
    Map<String, Host> earlier = new LinkedHashMap<>();
    Map<String, Host> wildcards = new LinkedHashMap<>();
    for (Host host : virtualService.hosts()) {
      String name = lower(host);
      // Of two names without a star, equal ones alone overlap.
      Map<String, Host> others = name.startsWith("*") ? earlier : wildcards;
      Optional.ofNullable(earlier.get(name))
          .or(
              () ->
                  others.entrySet().stream()
                      .filter(other -> Hosts.overlap(other.getKey(), name))
                      .map(Map.Entry::getValue)
                      .findFirst())
          .ifPresent(
              other ->
                  report.error(
                      host.place(), host.name() + " overlaps with " + other.name() + " above"));
      earlier.putIfAbsent(name, host);
      if (name.startsWith("*")) {
        wildcards.putIfAbsent(name, host);
      }
    }
  }

  private static String lower(Host host) {
    return host.name().toLowerCase(Locale.ROOT);
  }

  /** Gives each host its aliases, as far as no other host has that name itself. */
  private List<VirtualHost> named(Map<String, List<Route>> routes) {
    Set<String> taken = new HashSet<>(routes.keySet());
    List<VirtualHost> virtualHosts = new ArrayList<>();
    IdentityHashMap<List<Route>, VirtualHost> known = new IdentityHashMap<>();
    routes.forEach(
        (host, itsRoutes) -> {
          List<String> domains = new ArrayList<>();
          domains.add(host.indexOf(':') >= 0 ? "[" + host + "]" : host);
          ServiceNames.aliases(host, options.namespace()).stream()
              .filter(taken::add)
              .forEach(domains::add);
          VirtualHost same = known.get(itsRoutes);
          VirtualHost virtualHost =
              same == null ? VirtualHost.of(host, domains, itsRoutes) : same.under(host, domains);
          known.putIfAbsent(itsRoutes, virtualHost);
          virtualHosts.add(virtualHost);
        });
    return virtualHosts;
  }

  private static List<Route> defaultRoutes(Service service) {
    return service.httpPorts().stream()
        .limit(1)
        .map(port -> Service.clusterName(port, "", service.host()))
        .map(name -> new WeightedCluster(name, 1))
        .map(cluster -> Forward.to(List.of(cluster), List.of()))
        .map(forward -> new Route("default", List.of(), forward))
        .toList();
  }
}
