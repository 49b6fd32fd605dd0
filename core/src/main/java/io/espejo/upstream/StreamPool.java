package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.ConnectionPool;
import java.time.Duration;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.MultiplexConnectionPool;
import org.eclipse.jetty.util.ConcurrentPool;

/** A pool of HTTP/2 connections, each of which carries several requests at a time. */
final class StreamPool extends MultiplexConnectionPool {
  /** As many as servers let have by default, of those that set a limit. */
  private static final int MAX_STREAMS = 1024;

  private final Cluster cluster;

  StreamPool(Destination destination) {
    this(destination, Wire.endpoint(destination).cluster());
  }

  private StreamPool(Destination destination, Cluster cluster) {
    this(destination, cluster, maxStreams(cluster.spec().pool()));
  }

  private StreamPool(Destination destination, Cluster cluster, int streams) {
    super(
        destination,
        () ->
            new ConcurrentPool<>(
                ConcurrentPool.StrategyType.FIRST,
                cluster.maxConnections(),
                connection -> maxStreams(connection, streams)),
        streams);
    this.cluster = cluster;
    ConnectionPool limits = cluster.spec().pool();
    setMaxUsage(limits.maxRequestsPerConnection());
    setMaxDuration(limits.maxConnectionDuration().map(Duration::toMillis).orElse(0L));
  }

  /** The server may have less than ours at a time; what it says would stand for both with Jetty. */
  private static int maxStreams(Connection connection, int ours) {
    int servers = connection instanceof MaxMultiplexable known ? known.getMaxMultiplex() : 0;
    return servers > 0 ? Math.min(servers, ours) : ours;
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
