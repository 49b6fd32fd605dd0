package io.espejo.upstream;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.jspecify.annotations.Nullable;

/**
 * One destination as one leg reaches it: its endpoints, the choice among them, and its limits.
 *
 * <p>Safe for any threads; nothing here blocks but {@link #awaitAddresses}.
 */
public final class Cluster implements AutoCloseable {
  private final ClusterSpec spec;
  private final Leg leg;
  private final Wire wire;
  private final Chooser chooser;
  private final Optional<Ejections> ejections;
  private final int maxRequests;
  private final int maxRetries;
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger retries = new AtomicInteger();
  private final CountDownLatch resolved = new CountDownLatch(1);
  private final @Nullable NameRefresh names;
  private volatile List<Endpoint> endpoints = List.of();

  /** A cluster on {@code leg}; opens no connection, but asks for the addresses of its names. */
  public Cluster(ClusterSpec spec, Leg leg) {
    this(spec, leg, System::nanoTime);
  }

  Cluster(ClusterSpec spec, Leg leg, LongSupplier nanoTime) {
    this.spec = spec;
    this.leg = leg;
    this.wire = leg.wire(spec);
    this.chooser = Chooser.of(spec.balancing());
    this.ejections = spec.outliers().map(rule -> new Ejections(rule, nanoTime));
    this.maxRequests = maxRequests().orElse(Integer.MAX_VALUE);
    this.maxRetries = spec.pool().maxRetries() == 0 ? Integer.MAX_VALUE : spec.pool().maxRetries();
    if (spec.resolution() == Resolution.STATIC) {
      take(spec.endpoints());
      names = null;
    } else {
      names = new NameRefresh(spec, leg.lookups(), this::take);
      names.start();
    }
  }

  /** The endpoints of now; one that was there before is kept with all that it knows. */
  private synchronized void take(List<EndpointSpec> specs) {
    List<Endpoint> before = endpoints;
    List<Endpoint> next = new ArrayList<>(specs.size());
    for (EndpointSpec endpoint : specs) {
      next.add(
          before.stream()
              .filter(known -> known.spec().equals(endpoint))
              .findFirst()
              .orElseGet(() -> new Endpoint(endpoint, this)));
    }
    endpoints = List.copyOf(next);
    resolved.countDown();
  }

  /** What it was made from. */
  public ClusterSpec spec() {
    return spec;
  }

  /** What {@code request} is bound to one of the endpoints by; to be used for all its attempts. */
  public Affinity affinity(DownstreamRequest request) {
    return chooser.affinity(request);
  }

  /** Where a copy goes: bound to no endpoint, as Envoy's are not. */
  public Optional<Endpoint> pick() {
    return pick(Affinity.NONE, List.of());
  }

  /**
   * Where the next attempt of a request goes: to one that is not ejected and, if there is any, was
   * not tried; empty when there is none.
   */
  public Optional<Endpoint> pick(Affinity affinity, Collection<Endpoint> tried) {
    List<Endpoint> candidates = endpoints;
    if (ejections.isPresent()) {
      candidates = ejections.get().usable(candidates);
    }
    if (!tried.isEmpty() && !tried.containsAll(candidates)) {
      candidates = candidates.stream().filter(endpoint -> !tried.contains(endpoint)).toList();
    }
    return switch (candidates.size()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(candidates.get(0));
      default -> Optional.of(chooser.choose(candidates, affinity));
    };
  }

  /**
   * How many requests it may have at a time, those that wait for a connection included; empty when
   * its {@code connectionPool} says nothing of that. As Envoy's circuit breakers come to it: who
   * gets a connection counts against {@code maxRequests}, who gets none may wait.
   */
  public OptionalInt maxRequests() {
    ClusterSpec.ConnectionPool pool = spec.pool();
    if (spec.protocol() == Protocol.HTTP2) {
      return pool.maxRequests() == 0 ? OptionalInt.empty() : OptionalInt.of(pool.maxRequests());
    }
    if (pool.maxConnections() == 0 && pool.maxPendingRequests() == 0 && pool.maxRequests() == 0) {
      return OptionalInt.empty();
    }
    long connections = or(pool.maxConnections(), leg.settings().maxConnections());
    long waiting = or(pool.maxPendingRequests(), leg.settings().maxWaiting());
    return pool.maxRequests() != 0 && pool.maxRequests() < connections
        ? OptionalInt.of(pool.maxRequests())
        : OptionalInt.of((int) Math.min(connections + waiting, Integer.MAX_VALUE));
  }

  private static int or(int said, int otherwise) {
    return said == 0 ? otherwise : said;
  }

  /** Counts one more retry, until {@link #releaseRetry}; false when there are too many now. */
  public boolean acquireRetry() {
    return acquire(retries, maxRetries);
  }

  /** One retry less. */
  public void releaseRetry() {
    retries.decrementAndGet();
  }

  boolean acquire() {
    return acquire(active, maxRequests);
  }

  void release() {
    active.decrementAndGet();
  }

  static boolean acquire(AtomicInteger count, int limit) {
    if (count.incrementAndGet() > limit) {
      count.decrementAndGet();
      return false;
    }
    return true;
  }

  /**
   * Whether an endpoint with none of its own may open a connection, or the cluster has less than it
   * may have.
   */
  boolean mayConnect(AbstractConnectionPool pool) {
    int limit = spec.pool().maxConnections();
    return limit == 0 || pool.isEmpty() || connections() < limit;
  }

  private int connections() {
    int sum = 0;
    for (Endpoint endpoint : endpoints) {
      sum += endpoint.connections();
    }
    return sum;
  }

  /** How many connections one endpoint may have. */
  int maxConnections() {
    return or(spec.pool().maxConnections(), leg.settings().maxConnections());
  }

  /** How long an unused connection is kept. */
  Duration maxIdle() {
    Duration most = leg.settings().maxIdle();
    return spec.pool().idleTimeout().filter(idle -> idle.compareTo(most) < 0).orElse(most);
  }

  /** How its endpoints are now, in the order of the documents. */
  public List<EndpointState> endpointStates() {
    List<Endpoint> now = endpoints;
    List<Endpoint> ejected = ejections.map(ejecting -> ejecting.ejected(now)).orElse(List.of());
    return now.stream()
        .map(
            endpoint ->
                new EndpointState(
                    endpoint.toString(), ejected.contains(endpoint), endpoint.active()))
        .toList();
  }

  /**
   * One endpoint at one moment.
   *
   * @param address with its port, or the path of a socket
   * @param ejected whether it gets nothing because it failed, unless all did
   * @param requests that are there now
   */
  public record EndpointState(String address, boolean ejected, int requests) {}

  Optional<Ejections> ejections() {
    return ejections;
  }

  Leg leg() {
    return leg;
  }

  Wire wire() {
    return wire;
  }

  List<Endpoint> endpoints() {
    return endpoints;
  }

  /** Waits until its names have addresses or cannot be resolved, but not longer than this. */
  public void awaitAddresses(Duration atMost) throws InterruptedException {
    boolean unused = resolved.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Asks for no more addresses; requests that have an endpoint of it may use that to their end. */
  @Override
  public void close() {
    if (names != null) {
      names.close();
    }
    leg.release(wire);
  }
}
