package io.espejo.upstream;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.internal.HttpConnectionOverHTTP;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.io.ssl.SslHandshakeListener;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Connects, for which there is so long, TLS and the greeting of HTTP/2 included, and tells a
 * connection that was reset from one that was closed. To Jetty's own both are the end of the
 * stream, and an answer that is delimited by it would be whole when it is not.
 */
final class ResetTellingConnector extends ClientConnector {
  @Override
  protected EndPoint newEndPoint(
      SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
    EndPoint usual = super.newEndPoint(channel, selector, key);
    return usual.getClass() == SocketChannelEndPoint.class
        ? new Telling((SocketChannel) channel, selector, key, getScheduler())
        : usual;
  }

  @Override
  protected Connection newConnection(EndPoint endPoint, Map<String, Object> context)
      throws IOException {
    if (context.get(HTTP2Client.SESSION_LISTENER_CONTEXT_KEY)
        instanceof StreamConnection.Listener listener) {
      listener.onConnected(endPoint, this);
    }
    Connection connection = super.newConnection(endPoint, context);
    if (connection instanceof SslConnection tls
        && tls.getSslEndPoint().getConnection() instanceof HttpConnectionOverHTTP http) {
      tls.addHandshakeListener(new HandshakeLimit(http));
    }
    return connection;
  }

  /**
   * The time to connect, once more, for the handshake of TLS. With HTTP/1.1 it begins with the
   * first request, and Jetty gives it as long as a connection may idle.
   */
  private final class HandshakeLimit implements SslHandshakeListener {
    private final HttpConnectionOverHTTP connection;
    private final Scheduler.Task timer;

    HandshakeLimit(HttpConnectionOverHTTP connection) {
      this.connection = connection;
      this.timer =
          getScheduler()
              .schedule(this::onSilence, getConnectTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void onSilence() {
      HttpExchange exchange = connection.getHttpChannel().getHttpExchange();
      if (exchange != null) {
        CompletableFuture<Boolean> unused =
            exchange
                .getRequest()
                .abort(
                    new SocketTimeoutException(
                        "no TLS within " + getConnectTimeout().toMillis() + " ms"));
      }
      connection.close();
    }

    @Override
    public void handshakeSucceeded(Event event) {
      timer.cancel();
    }

    @Override
    public void handshakeFailed(Event event, Throwable failure) {
      timer.cancel();
    }
  }

  private static final class Telling extends SocketChannelEndPoint {
    Telling(
        SocketChannel channel, ManagedSelector selector, SelectionKey key, Scheduler scheduler) {
      super(channel, selector, key, scheduler);
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
      int filled = super.fill(buffer);
      if (filled < 0 && getChannel().isOpen()) {
        // The channel of the JDK remembers a reset, and throws it again.
        return getChannel().read(ByteBuffer.allocate(1));
      }
      return filled;
    }
  }
}
