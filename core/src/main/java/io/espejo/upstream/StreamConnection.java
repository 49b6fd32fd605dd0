package io.espejo.upstream;

import java.nio.channels.ClosedChannelException;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.transport.HttpChannel;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.SendFailure;
import org.eclipse.jetty.http2.CloseState;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.client.transport.internal.HTTPSessionListenerPromise;
import org.eclipse.jetty.http2.client.transport.internal.HttpChannelOverHTTP2;
import org.eclipse.jetty.http2.client.transport.internal.HttpConnectionOverHTTP2;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection that knows when it was used, and that ends whether the server helps or not.
 */
final class StreamConnection extends HttpConnectionOverHTTP2 {
  /** How long a server may take to close what we have taken our leave of; many never do. */
  private static final long CLOSING_MILLIS = 1000;

  private final HTTP2Session session;
  private final EndPoint endPoint;
  private final AtomicLong requests = new AtomicLong();
  private volatile long usedNanos = System.nanoTime();
  private volatile boolean leaving;

  StreamConnection(Destination destination, Session session, HTTP2Connection connection) {
    super(destination, session, connection);
    this.session = connection.getSession();
    this.endPoint = connection.getEndPoint();
  }

  @Override
  public SendFailure send(HttpExchange exchange) {
    requests.incrementAndGet();
    usedNanos = System.nanoTime();
    return super.send(exchange);
  }

  @Override
  protected void release(HttpChannelOverHTTP2 channel) {
    usedNanos = System.nanoTime();
    super.release(channel);
    if (leaving) {
      closeOnceUnused();
    }
  }

  /** How long nobody has begun or ended a request; what the server says by itself is no use. */
  long idledForMillis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - usedNanos);
  }

  /** Whether it has died, and had more to carry than one request. */
  boolean diedReused() {
    return session.isClosed() && requests.get() > 1;
  }

  @Override
  protected @Nullable HttpChannelOverHTTP2 acquireHttpChannel() {
    return leaving ? null : super.acquireHttpChannel();
  }

  @Override
  public boolean isClosed() {
    return leaving || super.isClosed();
  }

  /**
   * Closes it, once the requests that it carries have ended unless it is lost anyway. Of several
   * that run when the server takes its leave, Jetty's pool counts one too few, and would have the
   * last one aborted.
   */
  @Override
  public void close() {
    if (!getHttpClient().isRunning()) {
      super.close();
    } else if (session.getCloseState() == CloseState.CLOSED) {
      lost(new ClosedChannelException());
    } else {
      leaving = true;
      closeOnceUnused();
    }
  }

  /**
   * Nothing comes any more: what has come whole may be read to its end, as slowly as a client
   * likes; the rest fails. Jetty would have all of it fail.
   */
  void lost(Throwable failure) {
    leaving = true;
    getHttpDestination().remove(this);
    for (Iterator<HttpChannel> channels = getHttpChannels(); channels.hasNext(); ) {
      HttpChannel channel = channels.next();
      HttpExchange exchange = channel.getHttpExchange();
      if (exchange != null && !channel.isLastDataReceived()) {
        CompletableFuture<Boolean> unused = exchange.getRequest().abort(failure);
      }
    }
    closeOnceUnused();
  }

  private void closeOnceUnused() {
    if (!getHttpChannels().hasNext()) {
      // Jetty waits for the server else, as long as a connection may idle: here for ever.
      endPoint.setIdleTimeout(CLOSING_MILLIS);
      super.close();
    }
  }

  /** Makes one once the server has greeted, and tells it of its loss. */
  static final class Listener extends HTTPSessionListenerPromise {
    private volatile @Nullable StreamConnection connection;

    Listener(Map<String, Object> context) {
      super(context);
    }

    @Override
    protected Connection newConnection(
        Destination destination, Session session, HTTP2Connection wire) {
      StreamConnection made = new StreamConnection(destination, session, wire);
      connection = made;
      return made;
    }

    @Override
    public void onFailure(Session session, Throwable failure, Callback callback) {
      StreamConnection made = connection;
      if (made == null) {
        super.onFailure(session, failure, callback);
      } else {
        made.lost(failure);
        callback.succeeded();
      }
    }
  }
}
