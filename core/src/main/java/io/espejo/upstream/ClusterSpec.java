package io.espejo.upstream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One destination as the documents define it: a service, or one subset of it, on one port.
 *
 * <p>Equal specifications mean an unchanged cluster: a reload carries it over with its pools,
 * ejections and counters.
 *
 * @param name as Istio names it: {@code outbound|8000|v1|httpbin.default.svc.cluster.local}
 * @param endpoints where its requests go; may be empty
 * @param resolution what their addresses are
 * @param protocol what is spoken there
 * @param balancing how one of them is chosen
 * @param pool its limits
 * @param outliers when an endpoint is ejected; never, if empty
 * @param tls plain text, if empty
 */
public record ClusterSpec(
    String name,
    List<EndpointSpec> endpoints,
    Resolution resolution,
    Protocol protocol,
    Balancing balancing,
    ConnectionPool pool,
    Optional<OutlierDetection> outliers,
    Optional<TlsSpec> tls) {
  public ClusterSpec {
    endpoints = List.copyOf(endpoints);
  }

  /** A cluster of which nothing is said but its endpoints. */
  public static ClusterSpec of(String name, List<EndpointSpec> endpoints) {
    return new ClusterSpec(
        name,
        endpoints,
        Resolution.STATIC,
        Protocol.HTTP1,
        new Balancing.LeastRequest(),
        ConnectionPool.DEFAULT,
        Optional.empty(),
        Optional.empty());
  }

  /**
   * One address of a cluster.
   *
   * @param address an IP literal without brackets, or a name unless the resolution is static
   * @param port 1 to 65,535
   * @param weight its share among the endpoints, at least 1
   */
  public record EndpointSpec(String address, int port, int weight) {}

  /** What addresses stand for. */
  public enum Resolution {
    /** IP literals. */
    STATIC,
    /** Names, each of whose addresses is an endpoint. */
    DNS,
    /** Names, of which the first address is taken each time. */
    DNS_ROUND_ROBIN
  }

  /** What an upstream speaks. */
  public enum Protocol {
    /** HTTP/1.1. */
    HTTP1,
    /** HTTP/2: by prior knowledge, or with TLS by ALPN. */
    HTTP2
  }

  /**
   * Istio's {@code connectionPool}; a number of 0 says nothing, as there.
   *
   * @param maxConnections of the cluster; each endpoint may have one all the same
   * @param maxPendingRequests of the cluster, that wait for a connection
   * @param maxRequests of the cluster, at a time
   * @param maxRetries of the cluster, at a time
   * @param maxRequestsPerConnection 1: no connection is used twice
   * @param maxConcurrentStreams on one connection of HTTP/2
   * @param connectTimeout the leg's, if empty
   * @param maxConnectionDuration for ever, if empty; a request that runs then is let end
   * @param idleTimeout how long an unused connection is kept; the leg's, if empty or longer
   * @param keepalive whether the operating system probes idle connections
   */
  public record ConnectionPool(
      int maxConnections,
      int maxPendingRequests,
      int maxRequests,
      int maxRetries,
      int maxRequestsPerConnection,
      int maxConcurrentStreams,
      Optional<Duration> connectTimeout,
      Optional<Duration> maxConnectionDuration,
      Optional<Duration> idleTimeout,
      Optional<Keepalive> keepalive) {
    /** Nothing is said. */
    public static final ConnectionPool DEFAULT =
        new ConnectionPool(
            0,
            0,
            0,
            0,
            0,
            0,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
  }

  /** TCP keep-alive; 0 is the operating system's own value. */
  public record Keepalive(int probes, int timeSeconds, int intervalSeconds) {}

  /**
   * When an endpoint is ejected, as Envoy's outlier detection does it.
   *
   * @param consecutive5xx answers of 5xx, or failures, in a row; 0: never for that
   * @param consecutiveGatewayErrors answers of 502, 503 or 504, or failures; 0: never for that
   * @param consecutiveLocalFailures failures without an answer; then these do not count above. 0:
   *     they do count above
   * @param interval between two looks at who may return
   * @param baseEjectionTime times how often it was ejected of late
   * @param maxEjectionPercent of the endpoints at a time
   * @param minHealthPercent with fewer healthy endpoints all are used; 0: never
   */
  public record OutlierDetection(
      int consecutive5xx,
      int consecutiveGatewayErrors,
      int consecutiveLocalFailures,
      Duration interval,
      Duration baseEjectionTime,
      int maxEjectionPercent,
      int minHealthPercent) {}
}
