package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.EndpointSpec;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.client.Origin;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.jspecify.annotations.Nullable;

/** One address of a cluster as one leg reaches it, with the number of requests there now. */
public final class Endpoint {
  private final EndpointSpec spec;
  private final URI uri;
  private final Leg leg;
  private final AtomicInteger active = new AtomicInteger();
  private volatile @Nullable HttpDestination destination;

  Endpoint(EndpointSpec spec, Leg leg) {
    this.spec = spec;
    this.leg = leg;
    String host = spec.address().indexOf(':') >= 0 ? "[" + spec.address() + "]" : spec.address();
    this.uri = URI.create("http://" + host + ":" + spec.port());
  }

  /** A request for this address. */
  public OutgoingRequest newRequest(RequestHead head) {
    return new OutgoingRequest(leg.client(), this, destination(), head);
  }

  /** The threads of the leg; what runs there must not block. */
  public Executor threads() {
    return leg.executor();
  }

  /** Runs {@code task} on the leg's timer thread after {@code delay}; it must be short. */
  public void after(Duration delay, Runnable task) {
    leg.after(delay, task);
  }

  /** Counts one more request, until {@link #release}; false when there are {@code limit} now. */
  public boolean acquire(int limit) {
    if (active.incrementAndGet() > limit) {
      active.decrementAndGet();
      return false;
    }
    return true;
  }

  /** One request less. */
  public void release() {
    active.decrementAndGet();
  }

  int active() {
    return active.get();
  }

  int weight() {
    return spec.weight();
  }

  URI uri() {
    return uri;
  }

  /** Kept, because Jetty's own look-up builds and hashes an origin for every request. */
  private HttpDestination destination() {
    HttpDestination known = destination;
    if (known == null || known.stale()) {
      Origin.Address address = new Origin.Address(uri.getHost(), spec.port());
      Origin origin = new Origin("http", address, null, HttpClientTransportOverHTTP.HTTP11);
      known = (HttpDestination) leg.client().resolveDestination(origin);
      destination = known;
    }
    return known;
  }

  /** Its address and port. */
  @Override
  public String toString() {
    return uri.getAuthority();
  }
}
