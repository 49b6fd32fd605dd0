package io.espejo.config;

import io.espejo.config.DestinationRule.Subset;
import io.espejo.config.ServiceEntry.ServicePort;
import io.espejo.config.WorkloadEntry.Workload;
import io.espejo.upstream.Balancing;
import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import io.espejo.upstream.TlsSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A service with all that the documents say of it; several entries of one host add up. */
record Service(
    String host, List<ServiceEntry> entries, TrafficPolicy policy, Map<String, Subset> subsets) {
  /** The numbers of its ports, in the order in which they were written. */
  List<Integer> ports() {
    return servicePorts().map(ServicePort::number).distinct().toList();
  }

  /** Those of them that carry HTTP. */
  List<Integer> httpPorts() {
    return servicePorts().filter(ServicePort::http).map(ServicePort::number).distinct().toList();
  }

  /** Those of them that routes may lead to when no port is named: such of HTTP, if it has any. */
  List<Integer> routedPorts() {
    List<Integer> http = httpPorts();
    return http.isEmpty() ? ports() : http;
  }

  private Stream<ServicePort> servicePorts() {
    return entries.stream()
        .flatMap(entry -> entry.ports().stream())
        .filter(port -> port.number() > 0);
  }

  /** As Istio names it. */
  static String clusterName(int port, String subset, String host) {
    return "outbound|" + port + "|" + subset + "|" + host;
  }

  /** The whole service and each subset, on each port. */
  Map<String, ClusterSpec> clusters() {
    Map<String, ClusterSpec> clusters = new LinkedHashMap<>();
    for (int port : ports()) {
      add(clusters, port, "", Map.of(), TrafficPolicy.NONE);
      subsets
          .values()
          .forEach(subset -> add(clusters, port, subset.name(), subset.labels(), subset.policy()));
    }
    return clusters;
  }

  private void add(
      Map<String, ClusterSpec> clusters,
      int port,
      String subset,
      Map<String, String> labels,
      TrafficPolicy subsetPolicy) {
    String name = clusterName(port, subset, host);
    TrafficPolicy resolved = policy.resolve(port, subsetPolicy);
    boolean http2 =
        resolved.pool().filter(TrafficPolicy.Pool::http2).isPresent()
            || servicePorts().anyMatch(p -> p.number() == port && p.http2());
    clusters.put(
        name,
        new ClusterSpec(
            name,
            endpoints(port, labels),
            resolution(),
            http2 ? Protocol.HTTP2 : Protocol.HTTP1,
            resolved.balancing().orElse(new Balancing.LeastRequest()),
            resolved.pool().map(TrafficPolicy.Pool::limits).orElse(ConnectionPool.DEFAULT),
            resolved.outliers(),
            resolved.tls().flatMap(TrafficPolicy.Tls::spec).map(this::named)));
  }

  /** Who says nothing of the certificate's names means those of the service. */
  private TlsSpec named(TlsSpec tls) {
    List<String> names =
        entries.stream().flatMap(entry -> entry.subjectAltNames().stream()).distinct().toList();
    return tls.subjectAltNames().isEmpty() && !names.isEmpty() && !tls.insecure()
        ? tls.withSubjectAltNames(names)
        : tls;
  }

  private Resolution resolution() {
    Resolution resolution = Resolution.STATIC;
    for (ServiceEntry entry : entries) {
      resolution = entry.resolution() == Resolution.STATIC ? resolution : entry.resolution();
    }
    return resolution;
  }

  private List<EndpointSpec> endpoints(int portNumber, Map<String, String> labels) {
    List<EndpointSpec> endpoints = new ArrayList<>();
    for (ServiceEntry entry : entries) {
      for (ServicePort port : entry.ports()) {
        for (Workload workload : entry.endpoints(host)) {
          if (port.number() == portNumber
              && workload.labels().entrySet().containsAll(labels.entrySet())) {
            endpoints.add(
                new EndpointSpec(workload.address(), port.of(workload), workload.weight()));
          }
        }
      }
    }
    return endpoints;
  }

  /** Whether some endpoint is of this subset, if there is such a subset. */
  boolean hasEndpointOf(String subset) {
    Subset named = subsets.get(subset);
    return named != null && hasEndpoint(named.labels());
  }

  /** Whether some endpoint has all of these labels. */
  boolean hasEndpoint(Map<String, String> labels) {
    return entries.stream()
        .flatMap(entry -> entry.endpoints(host).stream())
        .anyMatch(workload -> workload.labels().entrySet().containsAll(labels.entrySet()));
  }
}
