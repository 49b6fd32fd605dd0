package io.espejo.upstream;

import io.espejo.exchange.RateLimitedLog;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Resolution;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Asks again and again for the addresses of a cluster's names.
 *
 * <p>Every 5 s, as Envoy; the JDK's own cache (30 s unless {@code networkaddress.cache.ttl} says
 * otherwise) may answer. A name that cannot be resolved keeps its last addresses. Of a name with
 * addresses of both kinds those of IPv4 are taken.
 */
final class NameRefresh implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(NameRefresh.class.getName());
  private static final Duration EVERY = Duration.ofSeconds(5);

  private final ClusterSpec spec;
  private final Lookups lookups;
  private final Consumer<List<EndpointSpec>> taker;
  private final Map<String, List<String>> known = new HashMap<>();
  private final RateLimitedLog log = new RateLimitedLog(LOG, Level.WARNING);
  private volatile boolean closed;

  /** Who is asked, and on whose threads, which may be blocked for long. */
  record Lookups(Timer timer, Resolver resolver) {}

  /** Runs a task later. */
  @FunctionalInterface
  interface Timer {
    void after(Duration delay, Runnable task);
  }

  /** Gives all addresses of a name; may block. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] addresses(String name) throws UnknownHostException;
  }

  NameRefresh(ClusterSpec spec, Lookups lookups, Consumer<List<EndpointSpec>> taker) {
    this.spec = spec;
    this.lookups = lookups;
    this.taker = taker;
  }

  void start() {
    schedule(Duration.ZERO);
  }

  private void schedule(Duration delay) {
    if (!closed) {
      lookups.timer().after(delay, this::refresh);
    }
  }

  private void refresh() {
    if (closed) {
      return;
    }
    try {
      taker.accept(spec.endpoints().stream().flatMap(this::resolved).distinct().toList());
    } finally {
      schedule(EVERY);
    }
  }

  private Stream<EndpointSpec> resolved(EndpointSpec endpoint) {
    return addresses(endpoint.address()).stream()
        .limit(spec.resolution() == Resolution.DNS_ROUND_ROBIN ? 1 : Long.MAX_VALUE)
        .map(address -> new EndpointSpec(address, endpoint.port(), endpoint.weight()));
  }

  private List<String> addresses(String name) {
    try {
      List<InetAddress> all = Arrays.asList(lookups.resolver().addresses(name));
      boolean v4 = all.stream().anyMatch(Inet4Address.class::isInstance);
      known.put(
          name,
          all.stream()
              .filter(address -> !v4 || address instanceof Inet4Address)
              .map(InetAddress::getHostAddress)
              .toList());
    } catch (UnknownHostException unknown) {
      log.log(() -> name + " cannot be resolved; its last addresses stand, if it had any");
    }
    return known.getOrDefault(name, List.of());
  }

  @Override
  public void close() {
    closed = true;
  }
}
