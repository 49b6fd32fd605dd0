package io.espejo.upstream;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.SendFailure;
import org.eclipse.jetty.http2.CloseState;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.client.transport.internal.HttpChannelOverHTTP2;
import org.eclipse.jetty.http2.client.transport.internal.HttpConnectionOverHTTP2;
import org.eclipse.jetty.io.EndPoint;

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

  /**
   * Closes it, once the requests that it carries have ended unless it is lost anyway. Of several
   * that run when the server takes its leave, Jetty's pool counts one too few, and would have the
   * last one aborted.
   */
  @Override
  public void close() {
    if (getHttpClient().isRunning() && session.getCloseState() != CloseState.CLOSED) {
      leaving = true;
      closeOnceUnused();
    } else {
      super.close();
    }
  }

  private void closeOnceUnused() {
    if (!getHttpChannels().hasNext()) {
      // Jetty waits for the server else, as long as a connection may idle: here for ever.
      endPoint.setIdleTimeout(CLOSING_MILLIS);
      super.close();
    }
  }
}
