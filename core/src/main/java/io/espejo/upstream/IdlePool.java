package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.ConnectionPool;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.io.IdleTimeout;
import org.eclipse.jetty.util.ConcurrentPool;
import org.eclipse.jetty.util.ConcurrentPool.StrategyType;
import org.eclipse.jetty.util.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A pool whose connections are not used again once they idled too long, because the server may be
 * closing them just then; nor, with HTTP/2, once their server is silent.
 *
 * <p>The time is looked at when a connection is taken, and now and then for those that nobody
 * takes. Jetty's own way would set the connection's idle timeout anew twice a request, each time a
 * timer.
 */
final class IdlePool extends AbstractConnectionPool {
  /** As many as servers let have by default, of those that set a limit. */
  private static final int MAX_STREAMS = 1024;

  /** Between the last moment at which a connection may be taken and its first byte. */
  private static final long SLACK_MILLIS = 1000;

  private final Cluster cluster;
  private final long maxIdleMillis;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

  private IdlePool(
      Destination destination, Cluster cluster, Pool.Factory<Connection> places, int streams) {
    super(destination, places, streams);
    this.cluster = cluster;
    this.maxIdleMillis = cluster.maxIdle().toMillis();
    ConnectionPool limits = cluster.spec().pool();
    setMaxUsage(limits.maxRequestsPerConnection());
    setMaxDuration(limits.maxConnectionDuration().map(Duration::toMillis).orElse(0L));
  }

  /** Each connection carries one request at a time. */
  static IdlePool ofHttp1(Destination destination) {
    Cluster cluster = Wire.endpoint(destination).cluster();
    return new IdlePool(
        destination,
        cluster,
        () -> new ConcurrentPool<>(StrategyType.FIRST, cluster.maxConnections()),
        1);
  }

  /** Each connection carries several requests at a time. */
  static IdlePool ofHttp2(Destination destination) {
    Cluster cluster = Wire.endpoint(destination).cluster();
    int said = cluster.spec().pool().maxConcurrentStreams();
    int streams = said == 0 ? MAX_STREAMS : said;
    return new IdlePool(
        destination,
        cluster,
        () ->
            new ConcurrentPool<>(
                StrategyType.FIRST,
                cluster.maxConnections(),
                connection -> maxStreams(connection, streams)),
        streams);
  }

  /** The server may have less than ours at a time; what it says would stand for both with Jetty. */
  private static int maxStreams(Connection connection, int ours) {
    int servers = connection instanceof MaxMultiplexable known ? known.getMaxMultiplex() : 0;
    return servers > 0 ? Math.min(servers, ours) : ours;
  }

  @Override
  protected void tryCreate(boolean create) {
    if (cluster.mayConnect(this)) {
      super.tryCreate(create);
    }
  }

  @Override
  protected void onCreated(Connection connection) {
    connections.add(connection);
  }

  @Override
  protected void onRemoved(@Nullable Connection connection) {
    // None, for a place that was kept for a connection which is still being opened.
    if (connection != null) {
      connections.remove(connection);
    }
    if (connection instanceof StreamConnection streams) {
      // Nobody else does, where the server has taken its leave.
      streams.close();
    }
  }

  @Override
  protected @Nullable Connection activate() {
    Connection connection = super.activate();
    while (connection != null && (hasIdled(connection, maxIdleMillis) || isSilent(connection))) {
      drop(connection);
      connection = super.activate();
    }
    return connection;
  }

  /**
   * Closes what has idled too long for a while: who took one at the last moment has used it since,
   * and Jetty would let it be closed under them.
   */
  void closeIdle() {
    for (Connection connection : connections) {
      if (!isActive(connection) && hasIdled(connection, maxIdleMillis + SLACK_MILLIS)) {
        drop(connection);
      }
    }
  }

  private static boolean isSilent(Connection connection) {
    return connection instanceof StreamConnection streams && streams.isSilent();
  }

  private void drop(Connection connection) {
    // One that carries other requests is removed with the last of them.
    if (remove(connection) || connection instanceof StreamConnection) {
      connection.close();
    }
  }

  private static boolean hasIdled(Connection connection, long millis) {
    if (connection instanceof StreamConnection streams) {
      return streams.hasIdled(millis);
    }
    return connection instanceof org.eclipse.jetty.io.Connection wire
        && wire.getEndPoint() instanceof IdleTimeout endPoint
        && endPoint.getIdleFor() > millis;
  }
}
