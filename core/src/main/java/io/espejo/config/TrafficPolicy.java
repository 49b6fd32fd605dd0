package io.espejo.config;

import io.espejo.upstream.Balancing;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.OutlierDetection;
import io.espejo.upstream.TlsSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Istio's TrafficPolicy, of a rule, a subset or a port.
 *
 * @param ports by the number of the service's port
 */
record TrafficPolicy(
    Optional<Pool> pool,
    Optional<Balancing> balancing,
    Optional<OutlierDetection> outliers,
    Optional<Tls> tls,
    Map<Integer, TrafficPolicy> ports) {
  /** Says nothing. */
  static final TrafficPolicy NONE =
      new TrafficPolicy(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Map.of());

  /** {@code connectionPool}, with whether it asks for HTTP/2. */
  record Pool(ConnectionPool limits, boolean http2) {}

  /** {@code tls}; empty for {@code DISABLE}. */
  record Tls(Optional<TlsSpec> spec) {}

  /** What holds for a port: its own settings stand instead of all others. */
  private Optional<TrafficPolicy> own(int port) {
    return Optional.ofNullable(ports.get(port));
  }

  /** What holds for a port of the service, under what its subset says. */
  TrafficPolicy resolve(int port, TrafficPolicy subset) {
    if (subset.own(port).isPresent()) {
      return subset.own(port).get();
    }
    TrafficPolicy whole = own(port).orElse(this);
    return new TrafficPolicy(
        subset.pool.or(() -> whole.pool),
        subset.balancing.or(() -> whole.balancing),
        subset.outliers.or(() -> whole.outliers),
        subset.tls.or(() -> whole.tls),
        Map.of());
  }

  static TrafficPolicy read(Value value) {
    Optional<Fields> fields = value.fields();
    if (fields.isEmpty()) {
      return NONE;
    }
    Fields policy = fields.get();
    List<Value> portLevel = policy.list("portLevelSettings");
    if (portLevel.isEmpty()) {
      requireAny(
          policy,
          "connectionPool",
          "loadBalancer",
          "outlierDetection",
          "tls",
          "tunnel",
          "proxyProtocol",
          "retryBudget");
    }
    Map<Integer, TrafficPolicy> ports = new HashMap<>();
    for (Value port : portLevel) {
      port.fields().ifPresent(settings -> readPort(settings, ports));
    }
    policy.notCarriedOut("tunnel", "proxyProtocol", "retryBudget");
    return components(policy, ports);
  }

  private static void readPort(Fields settings, Map<Integer, TrafficPolicy> ports) {
    Optional<Fields> port = settings.need("port", "a port's number").flatMap(Value::fields);
    int number =
        port.flatMap(fields -> fields.take("number"))
            .flatMap(value -> value.integer(0, 65_535))
            .orElse(0);
    port.ifPresent(Fields::end);
    requireAny(settings, "connectionPool", "loadBalancer", "outlierDetection", "tls");
    // The first stands, as with Istio.
    TrafficPolicy policy = components(settings, Map.of());
    ports.putIfAbsent(number, policy);
  }

  private static void requireAny(Fields fields, String... names) {
    if (!fields.hasAny(names)) {
      fields.owner().error("nothing is said (expected: at least one field)");
    }
  }

  private static TrafficPolicy components(Fields fields, Map<Integer, TrafficPolicy> ports) {
    TrafficPolicy policy =
        new TrafficPolicy(
            fields.take("connectionPool").flatMap(PoolReader::read),
            fields.take("loadBalancer").flatMap(BalancingReader::read),
            fields.take("outlierDetection").flatMap(OutlierReader::read),
            fields.take("tls").flatMap(TlsReader::read),
            Map.copyOf(ports));
    fields.end();
    return policy;
  }
}
