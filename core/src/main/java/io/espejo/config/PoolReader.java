package io.espejo.config;

import io.espejo.config.TrafficPolicy.Pool;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.Keepalive;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Reading of {@code connectionPool}. */
final class PoolReader {
  private static final Set<String> UPGRADE_POLICIES =
      Set.of("DEFAULT", "DO_NOT_UPGRADE", "UPGRADE");

  private PoolReader() {}

  static Optional<Pool> read(Value value) {
    return value.fields().map(PoolReader::read);
  }

  private static Pool read(Fields pool) {
    if (!pool.hasAny("tcp", "http")) {
      pool.owner().error("nothing is said (expected: tcp or http)");
    }
    Optional<Fields> tcp = pool.take("tcp").flatMap(Value::fields);
    Optional<Fields> http = pool.take("http").flatMap(Value::fields);
    pool.end();
    Optional<Duration> tcpIdle = duration(tcp, "idleTimeout", true);
    Optional<Duration> httpIdle = duration(http, "idleTimeout", false);
    ConnectionPool limits =
        new ConnectionPool(
            number(tcp, "maxConnections"),
            number(http, "http1MaxPendingRequests"),
            number(http, "http2MaxRequests"),
            number(http, "maxRetries"),
            number(http, "maxRequestsPerConnection"),
            number(http, "maxConcurrentStreams"),
            duration(tcp, "connectTimeout", false),
            duration(tcp, "maxConnectionDuration", false),
            httpIdle.or(() -> tcpIdle).filter(idle -> !idle.isZero()),
            tcp.flatMap(fields -> fields.take("tcpKeepalive"))
                .flatMap(Value::fields)
                .map(PoolReader::keepalive));
    boolean http2 = http.map(PoolReader::upgrades).orElse(false);
    tcp.ifPresent(Fields::end);
    http.ifPresent(
        fields -> {
          fields.notCarriedOut("http2KeepAlive");
          fields.end();
        });
    return new Pool(limits, http2);
  }

  /** A number of 0 says nothing, as with Istio. */
  private static int number(Optional<Fields> fields, String name) {
    return fields
        .flatMap(f -> f.take(name))
        .flatMap(value -> value.integer(0, Integer.MAX_VALUE))
        .orElse(0);
  }

  private static Optional<Duration> duration(Optional<Fields> fields, String name, boolean zero) {
    return fields
        .flatMap(f -> f.take(name))
        .flatMap(value -> zero ? Durations.orNone(value) : Durations.read(value));
  }

  private static Keepalive keepalive(Fields fields) {
    int probes = number(Optional.of(fields), "probes");
    Keepalive keepalive =
        new Keepalive(probes, seconds(fields, "time"), seconds(fields, "interval"));
    fields.end();
    return keepalive;
  }

  /** The operating system counts in seconds. */
  private static int seconds(Fields fields, String name) {
    return duration(Optional.of(fields), name, false)
        .map(duration -> (int) Math.min(Math.max(1, duration.toSeconds()), Short.MAX_VALUE))
        .orElse(0);
  }

  private static boolean upgrades(Fields http) {
    Optional<String> policy =
        http.take("h2UpgradePolicy").flatMap(value -> value.oneOf(UPGRADE_POLICIES));
    http.take("useClientProtocol")
        .filter(value -> value.flag().orElse(false))
        .ifPresent(
            value ->
                value.error(
                    "not carried out by this version: a cluster speaks one protocol (expected:"
                        + " h2UpgradePolicy, or the port's protocol)"));
    return policy.filter("UPGRADE"::equals).isPresent();
  }
}
