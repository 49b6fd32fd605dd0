package io.espejo.upstream;

import io.espejo.route.Hash;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.io.Transport;
import org.jspecify.annotations.Nullable;

/**
 * One address of a cluster as one leg reaches it, with the number of requests there now and what is
 * known of its health.
 */
public final class Endpoint {
  /** What stands before the path of a Unix domain socket. */
  public static final String UNIX = "unix://";

  /** More server names than an endpoint should have; then they are looked up anew. */
  private static final int MAX_DESTINATIONS = 64;

  private final EndpointSpec spec;
  private final Cluster cluster;
  private final URI uri;
  private final long hash;

  /** Unless the cluster has a limit of its own for all of them. */
  private final int maxRequests;

  private final AtomicInteger active = new AtomicInteger();
  private final Ejections.Health health = new Ejections.Health();

  /** By server name. Kept, because Jetty's own look-up builds and hashes an origin each time. */
  private final Map<String, HttpDestination> destinations = new ConcurrentHashMap<>();

  Endpoint(EndpointSpec spec, Cluster cluster) {
    this.spec = spec;
    this.cluster = cluster;
    String host = spec.address().indexOf(':') >= 0 ? "[" + spec.address() + "]" : spec.address();
    String authority = isUnix() ? "localhost" : host + ":" + spec.port();
    this.uri = URI.create(cluster.wire().scheme() + "://" + authority);
    this.maxRequests =
        cluster.maxRequests().isPresent()
            ? Integer.MAX_VALUE
            : cluster.leg().settings().maxRequests();
    this.hash = Hash.of(isUnix() ? spec.address() : authority);
  }

  private boolean isUnix() {
    return spec.address().startsWith(UNIX);
  }

  /** A request for this address. */
  public OutgoingRequest newRequest(RequestHead head) {
    return new OutgoingRequest(this, destination(head.authority()), head);
  }

  /** The threads of the leg; what runs there must not block. */
  public Executor threads() {
    return cluster.leg().executor();
  }

  /** Runs {@code task} on the leg's timer thread after {@code delay}; it must be short. */
  public void after(Duration delay, Runnable task) {
    cluster.leg().after(delay, task);
  }

  /** The same; running what is returned takes the task back, if it has not begun. */
  public Runnable schedule(Duration delay, Runnable task) {
    return cluster.leg().schedule(delay, task);
  }

  /** Counts one more request, until {@link #release}; false when there are too many now. */
  public boolean acquire() {
    if (!cluster.acquire()) {
      return false;
    }
    if (!Cluster.acquire(active, maxRequests)) {
      cluster.release();
      return false;
    }
    return true;
  }

  /** One request less. */
  public void release() {
    active.decrementAndGet();
    cluster.release();
  }

  /**
   * Hears that it answered; too many of 500 and more in a row may eject it. What counts of an
   * answer to gRPC that says so in its head is the status of gRPC, as with Envoy.
   */
  public void report(RequestHead request, int status, @Nullable String grpcStatus) {
    report(grpcStatus != null && request.isGrpc() ? httpStatus(grpcStatus) : status);
  }

  /** What Envoy takes a status of gRPC for. */
  private static int httpStatus(String grpcStatus) {
    return switch (grpcStatus) {
      case "0" -> 200;
      case "1" -> 499;
      case "3", "9", "11" -> 400;
      case "4" -> 504;
      case "5" -> 404;
      case "6", "10" -> 409;
      case "7" -> 403;
      case "8" -> 429;
      case "12" -> 501;
      case "14" -> 503;
      case "16" -> 401;
      default -> 500;
    };
  }

  /** Hears that it answered with this status. */
  void report(int status) {
    cluster
        .ejections()
        .ifPresent(ejections -> ejections.answered(cluster.endpoints(), this, status));
  }

  /**
   * Hears that it gave no whole answer: refused, reset or timed out, but not for our own limits.
   */
  public void reportFailure() {
    cluster.ejections().ifPresent(ejections -> ejections.failed(cluster.endpoints(), this));
  }

  Ejections.Health health() {
    return health;
  }

  int active() {
    return active.get();
  }

  int weight() {
    return spec.weight();
  }

  /** Of its address and port; the same in every process. */
  long hash() {
    return hash;
  }

  EndpointSpec spec() {
    return spec;
  }

  URI uri() {
    return uri;
  }

  Cluster cluster() {
    return cluster;
  }

  int connections() {
    int sum = 0;
    for (HttpDestination destination : destinations.values()) {
      sum += Wire.pool(destination).map(AbstractConnectionPool::getConnectionCount).orElse(0);
    }
    return sum;
  }

  private HttpDestination destination(String authority) {
    String serverName = cluster.wire().serverName(authority);
    HttpDestination known = destinations.get(serverName);
    if (known == null || known.stale()) {
      known = cluster.wire().destination(this, serverName, transport(serverName));
      if (destinations.size() >= MAX_DESTINATIONS) {
        destinations.clear();
      }
      destinations.put(serverName, known);
    }
    return known;
  }

  private Transport transport(String serverName) {
    if (isUnix()) {
      return new Transport.TCPUnix(Path.of(spec.address().substring(UNIX.length())));
    }
    try {
      // A literal: nobody is asked. The name goes along for TLS.
      byte[] address = InetAddress.getByName(spec.address()).getAddress();
      return new PinnedTransport(
          new InetSocketAddress(
              InetAddress.getByAddress(serverName.isEmpty() ? null : serverName, address),
              spec.port()),
          cluster.spec().pool().keepalive());
    } catch (UnknownHostException notALiteral) {
      throw new IllegalArgumentException("address: " + spec.address(), notALiteral);
    }
  }

  /** Its address and port. */
  @Override
  public String toString() {
    return isUnix() ? spec.address() : uri.getAuthority();
  }
}
