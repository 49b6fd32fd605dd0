package io.espejo.config;

import io.espejo.config.DestinationRule.Subset;
import io.espejo.config.Hosts.Host;
import io.espejo.config.VirtualService.HttpMatch;
import io.espejo.config.VirtualService.HttpRoute;
import io.espejo.route.Forward;
import io.espejo.route.Mirror;
import io.espejo.route.Route;
import io.espejo.route.RouteTable;
import io.espejo.route.VirtualHost;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.ClusterSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Joins the documents: names become clusters, services and VirtualServices become virtual hosts.
 */
final class Compiler {
  private final RulesOptions options;
  private final Report report;
  private final List<VirtualService> virtualServices;
  private final List<DestinationRule> destinationRules;
  private final List<ServiceEntry> serviceEntries;

  /** By full name. */
  private final Map<String, Service> services = new LinkedHashMap<>();

  Compiler(List<Document> documents, RulesOptions options, Report report) {
    this.options = options;
    this.report = report;
    virtualServices = only(VirtualService.class, documents);
    destinationRules =
        only(DestinationRule.class, documents).stream()
            .filter(rule -> visible(rule.visibility(), rule.metadata()))
            .toList();
    List<WorkloadEntry> workloads = only(WorkloadEntry.class, documents);
    serviceEntries =
        only(ServiceEntry.class, documents).stream()
            .filter(entry -> visible(entry.visibility(), entry.metadata()))
            .map(entry -> entry.select(workloads, report))
            .toList();
  }

  private static <T> List<T> only(Class<T> type, List<Document> documents) {
    return documents.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private boolean visible(Visibility visibility, Metadata metadata) {
    boolean visible = visibility.includes(options.namespace());
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

  /** Of the rules for a host those count that name it most closely; their subsets add up. */
  private Service service(String host, List<ServiceEntry> entries) {
    Optional<String> closest =
        destinationRules.stream()
            .map(Compiler::fullHost)
            .filter(ruleHost -> Hosts.covers(ruleHost, host))
            .max(
                Comparator.comparing((String h) -> !h.startsWith("*"))
                    .thenComparing(String::length));
    Map<String, Subset> subsets = new LinkedHashMap<>();
    Optional<TrafficPolicy> policy = Optional.empty();
    for (DestinationRule rule : destinationRules) {
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

  private static String unknown(String host) {
    return host + " is defined by no ServiceEntry";
  }

  private List<VirtualHost> virtualHosts() {
    Map<String, List<Route>> routes = new LinkedHashMap<>();
    Map<String, VirtualService> owners = new LinkedHashMap<>();
    for (VirtualService virtualService : virtualServices) {
      Unreachable.check(virtualService.http(), report);
      List<Route> itsRoutes = routes(virtualService);
      for (Host host : virtualService.hosts()) {
        String name = virtualService.metadata().fullName(host.name());
        VirtualService other = owners.putIfAbsent(name, virtualService);
        if (other != null) {
          report.error(
              host.place(),
              name
                  + " is a host of "
                  + other.metadata()
                  + " (expected: one VirtualService a host)");
        }
        routes.put(name, itsRoutes);
      }
      checkOverlap(virtualService);
    }
    List<String> wildcards =
        routes.keySet().stream()
            .filter(host -> host.startsWith("*"))
            .sorted(Comparator.comparing(String::length).reversed())
            .toList();
    for (Service service : services.values()) {
      if (!routes.containsKey(service.host())) {
        Optional<String> wildcard =
            wildcards.stream().filter(host -> Hosts.covers(host, service.host())).findFirst();
        routes.put(service.host(), wildcard.map(routes::get).orElse(defaultRoutes(service)));
      }
    }
    return named(routes);
  }

  private void checkOverlap(VirtualService virtualService) {
    List<Host> hosts = virtualService.hosts();
    for (Host wildcard : hosts) {
      for (Host host : hosts) {
        if (wildcard.name().startsWith("*")
            && !host.equals(wildcard)
            && Hosts.covers(wildcard.name(), virtualService.metadata().fullName(host.name()))) {
          report.error(host.place(), host.name() + " is included in " + wildcard.name());
        }
      }
    }
  }

  /** Gives each host its aliases, as far as no other host has that name itself. */
  private List<VirtualHost> named(Map<String, List<Route>> routes) {
    Set<String> taken = new HashSet<>(routes.keySet());
    List<VirtualHost> virtualHosts = new ArrayList<>();
    routes.forEach(
        (host, itsRoutes) -> {
          List<String> domains = new ArrayList<>();
          domains.add(host.indexOf(':') >= 0 ? "[" + host + "]" : host);
          ServiceNames.aliases(host, options.namespace()).stream()
              .filter(taken::add)
              .forEach(domains::add);
          virtualHosts.add(VirtualHost.of(host, domains, itsRoutes));
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

  private List<Route> routes(VirtualService virtualService) {
    Metadata metadata = virtualService.metadata();
    List<Route> routes = new ArrayList<>();
    for (HttpRoute http : virtualService.http()) {
      String name = http.name().isEmpty() ? metadata.name() + "/" + routes.size() : http.name();
      routes.add(
          new Route(
              name,
              http.matches().stream().map(HttpMatch::match).toList(),
              Forward.to(
                  http.destinations().stream()
                      .map(d -> new WeightedCluster(primary(d.destination(), metadata), d.weight()))
                      .toList(),
                  http.mirrors().stream()
                      .map(m -> new Mirror(mirror(m.destination(), metadata), m.share()))
                      .toList())));
    }
    return routes;
  }

  private String primary(Destination destination, Metadata metadata) {
    return cluster(destination, metadata, "its requests get 503");
  }

  private String mirror(Destination destination, Metadata metadata) {
    return cluster(destination, metadata, "nothing is mirrored");
  }

  private String cluster(Destination destination, Metadata metadata, String consequence) {
    Host host = destination.host();
    String name = metadata.fullName(host.name());
    Service service = services.get(name);
    if (service == null) {
      report.warn(host.place(), unknown(name) + ", " + consequence);
      return Service.clusterName(destination.port(), destination.subset(), name);
    }
    if (!destination.subset().isEmpty() && !service.subsets().containsKey(destination.subset())) {
      report.warn(
          destination.subsetPlace(),
          destination.subset() + " is a subset that no DestinationRule defines, " + consequence);
    }
    List<Integer> ports = service.ports();
    int port = destination.port();
    if (port == 0 && !ports.isEmpty()) {
      port = ports.get(0);
      if (ports.size() > 1) {
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
