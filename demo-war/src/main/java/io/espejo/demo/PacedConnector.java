package io.espejo.demo;

import io.espejo.demo.LimitCounter.Limit;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * A connector that closes a connection which has been without a request for too long: one that
 * idles, and one whose client sends a head, or a TLS handshake, byte by byte. Jetty's own idle
 * timeout begins anew with each byte.
 *
 * <p>What it knows of requests, the server's {@link Pace} tells it.
 */
final class PacedConnector extends ServerConnector {
  private final long patienceNanos;
  private final LimitCounter limits;

  PacedConnector(
      Server server, Duration patience, LimitCounter limits, ConnectionFactory... factories) {
    super(server, factories);
    this.limits = limits;
    this.patienceNanos = patience.toNanos();
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    look();
  }

  private void look() {
    if (!isRunning() && !isStarting()) {
      return;
    }
    long now = System.nanoTime();
    try {
      for (EndPoint connected : getConnectedEndPoints()) {
        if (connected instanceof Client client && client.isQuietFor(patienceNanos, now)) {
          limits.count(Limit.HEAD_TIMEOUT);
          client.close();
        }
      }
    } finally {
      getScheduler().schedule(this::look, Math.max(patienceNanos / 8, 1), TimeUnit.NANOSECONDS);
    }
  }

  @Override
  protected SocketChannelEndPoint newEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key) {
    Client client = new Client(channel, selector, key, this);
    client.setIdleTimeout(getIdleTimeout());
    return client;
  }

  /** A client's connection, below TLS. */
  private static final class Client extends SocketChannelEndPoint {
    private final AtomicInteger requests = new AtomicInteger();
    private volatile long quietSince = System.nanoTime();

    Client(
        SocketChannel channel,
        ManagedSelector selector,
        SelectionKey key,
        PacedConnector connector) {
      super(channel, selector, key, connector.getScheduler());
    }

    void begin() {
      requests.incrementAndGet();
    }

    void end() {
      quietSince = System.nanoTime();
      requests.decrementAndGet();
    }

    boolean isQuietFor(long nanos, long now) {
      return requests.get() == 0 && now - quietSince > nanos;
    }
  }

  /** Tells of each request when its head is whole, and when it has been answered. */
  static final class Pace extends Handler.Wrapper {
    Pace(Handler handler) {
      super(handler);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
      while (endPoint instanceof EndPoint.Wrapper wrapper) {
        endPoint = wrapper.unwrap();
      }
      if (endPoint instanceof Client client) {
        client.begin();
        Request.addCompletionListener(request, failure -> end(client, response));
      }
      return super.handle(request, response, callback);
    }

    /** A connection that was switched to another protocol has no further head to wait for. */
    private static void end(Client client, Response response) {
      if (response.getStatus() != HttpStatus.SWITCHING_PROTOCOLS_101) {
        client.end();
      }
    }
  }
}
