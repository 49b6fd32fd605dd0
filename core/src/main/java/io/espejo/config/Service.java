package io.espejo.config;

import io.espejo.config.DestinationRule.Subset;
import io.espejo.config.ServiceEntry.Endpoint;
import io.espejo.config.ServiceEntry.ServicePort;
import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A service with all that the documents say of it; several entries of one host add up. */
record Service(String host, List<ServiceEntry> entries, Map<String, Subset> subsets) {
  /** The numbers of its ports, in the order in which they were written. */
  List<Integer> ports() {
    return entries.stream()
        .flatMap(entry -> entry.ports().stream())
        .map(ServicePort::number)
        .distinct()
        .toList();
  }

  /** As Istio names it. */
  static String clusterName(int port, String subset, String host) {
    return "outbound|" + port + "|" + subset + "|" + host;
  }

  /** The whole service and each subset, on each port. */
  Map<String, ClusterSpec> clusters() {
    Map<String, ClusterSpec> clusters = new LinkedHashMap<>();
    for (int port : ports()) {
      add(clusters, port, "", Map.of());
      subsets.values().forEach(subset -> add(clusters, port, subset.name(), subset.labels()));
    }
    return clusters;
  }

  private void add(
      Map<String, ClusterSpec> clusters, int port, String subset, Map<String, String> labels) {
    String name = clusterName(port, subset, host);
    clusters.put(name, ClusterSpec.of(name, endpoints(port, labels)));
  }

  private List<EndpointSpec> endpoints(int portNumber, Map<String, String> labels) {
    List<EndpointSpec> endpoints = new ArrayList<>();
    for (ServiceEntry entry : entries) {
      for (ServicePort port : entry.ports()) {
        for (Endpoint endpoint : entry.endpoints()) {
          if (port.number() == portNumber
              && endpoint.labels().entrySet().containsAll(labels.entrySet())) {
            endpoints.add(
                new EndpointSpec(endpoint.address(), endpoint.port(port), endpoint.weight()));
          }
        }
      }
    }
    return endpoints;
  }

  /** Whether some endpoint has all of these labels. */
  boolean hasEndpoint(Map<String, String> labels) {
    return entries.stream()
        .flatMap(entry -> entry.endpoints().stream())
        .anyMatch(endpoint -> endpoint.labels().entrySet().containsAll(labels.entrySet()));
  }
}
