package io.espejo.upstream;

import java.util.List;

/**
 * One destination as the documents define it: a service, or one subset of it, on one port.
 *
 * <p>Equal specifications mean an unchanged cluster: a reload carries it over with its pools and
 * counters.
 *
 * @param name as Istio names it: {@code outbound|8000|v1|httpbin.default.svc.cluster.local}
 * @param endpoints where its requests go; may be empty
 */
public record ClusterSpec(String name, List<EndpointSpec> endpoints) {
  public ClusterSpec {
    endpoints = List.copyOf(endpoints);
  }

  /**
   * One address of a cluster.
   *
   * @param address an IP literal, without brackets
   * @param port 1 to 65,535
   * @param weight its share among the endpoints, at least 1
   */
  public record EndpointSpec(String address, int port, int weight) {}
}
