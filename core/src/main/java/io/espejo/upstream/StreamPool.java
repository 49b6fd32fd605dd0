package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.ConnectionPool;
import java.time.Duration;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.MultiplexConnectionPool;

/** A pool of HTTP/2 connections, each of which carries several requests at a time. */
final class StreamPool extends MultiplexConnectionPool {
  /** As many as servers let have by default, of those that set a limit. */
  private static final int MAX_STREAMS = 1024;

  private final Cluster cluster;

  StreamPool(Destination destination) {
    super(
        destination,
        Wire.endpoint(destination).cluster().maxConnections(),
        maxStreams(Wire.endpoint(destination).cluster().spec().pool()));
    cluster = Wire.endpoint(destination).cluster();
    ConnectionPool limits = cluster.spec().pool();
    setMaxUsage(limits.maxRequestsPerConnection());
    setMaxDuration(limits.maxConnectionDuration().map(Duration::toMillis).orElse(0L));
  }

  private static int maxStreams(ConnectionPool pool) {
    return pool.maxConcurrentStreams() == 0 ? MAX_STREAMS : pool.maxConcurrentStreams();
  }

  @Override
  protected void tryCreate(boolean create) {
    if (cluster.mayConnect(this)) {
      super.tryCreate(create);
    }
  }
}
