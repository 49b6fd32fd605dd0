package io.espejo.upstream;

import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.eclipse.jetty.client.Connection;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.transport.HttpChannel;
import org.eclipse.jetty.client.transport.HttpExchange;
import org.eclipse.jetty.client.transport.SendFailure;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.CloseState;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.client.transport.internal.HTTPSessionListenerPromise;
import org.eclipse.jetty.http2.client.transport.internal.HttpChannelOverHTTP2;
import org.eclipse.jetty.http2.client.transport.internal.HttpConnectionOverHTTP2;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection that knows when it was used, and that ends whether the server helps or not.
 *
 * <p>A server that is gone without a word leaves a connection that takes requests for as long as
 * there is room to send them, and would have them all. So one on which nothing has come for a while
 * when a request on it fails, or for long while an answer is owed, gets no further request; those
 * that it carries go on to their own time limits.
 */
final class StreamConnection extends HttpConnectionOverHTTP2 {
  /** How long a server may take to close what we have taken our leave of; many never do. */
  private static final long CLOSING_MILLIS = 1000;

  /** How long a server may say nothing at all before a request fails, and get further ones. */
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long it may say nothing while it owes an answer, and get further requests. */
  private static final long MAX_SILENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int LINE_OVERHEAD = 32;

  /** What the lines of each request's method, scheme, authority and path take, but for values. */
  private static final int PSEUDO_HEADERS_SIZE = 4 * (LINE_OVERHEAD + ":authority".length());

  private final HTTP2Connection wire;
  private final HTTP2Session session;
  private final EndPoint endPoint;
  private final LongSupplier nanoTime;
  private final AtomicLong requests = new AtomicLong();
  private volatile long usedNanos;
  private volatile Silence silence;
  private final AtomicReference<Callback> onUnused = new AtomicReference<>(Callback.NOOP);
  private volatile boolean leaving;
  private volatile boolean givenUp;

  /** What had come when a request was sent, the first one since that had come. */
  private record Silence(long bytes, long sinceNanos) {}

  StreamConnection(Destination destination, Session session, HTTP2Connection connection) {
    super(destination, session, connection);
    this.wire = connection;
    this.session = connection.getSession();
    this.endPoint = connection.getEndPoint();
    this.nanoTime = Wire.endpoint(destination).cluster().leg().nanoTime();
    this.usedNanos = nanoTime.getAsLong();
    this.silence = new Silence(wire.getBytesIn(), usedNanos);
  }

  /**
   * Not what the server, or Jetty, would have fail the connection and all that it carries: a head
   * that is too large. Nor anything once the server has taken its leave, of which the pool hears
   * late.
   */
  @Override
  public SendFailure send(HttpExchange exchange) {
    if (headerListSize(exchange.getRequest()) > maxHeaderListSize()) {
      return new SendFailure(tooLarge("head"), false);
    }
    if (session.getCloseState() != CloseState.NOT_CLOSED) {
      leaving = true;
      getHttpDestination().remove(this);
    }
    usedNanos = nanoTime.getAsLong();
    if (requests.getAndIncrement() == 0 || !isSilentFor(0)) {
      silence = new Silence(wire.getBytesIn(), usedNanos);
    }
    return super.send(exchange);
  }

  /** The trailers of a request on it, unless they are too large, which fails the request alone. */
  HttpFields trailers(HttpFields trailers) {
    if (headerListSize(trailers) > maxHeaderListSize()) {
      throw tooLarge("trailer section");
    }
    return trailers;
  }

  private int maxHeaderListSize() {
    int said = session.getGenerator().getHpackEncoder().getMaxHeaderListSize();
    // To Jetty, too, none is no limit.
    return said > 0 ? said : Integer.MAX_VALUE;
  }

  private static IllegalArgumentException tooLarge(String part) {
    return new IllegalArgumentException("the server takes no " + part + " of this size");
  }

  private static int headerListSize(Request request) {
    return PSEUDO_HEADERS_SIZE
        + request.getMethod().length()
        + request.getHost().length()
        + request.getPath().length()
        + (request.getQuery() == null ? 0 : request.getQuery().length())
        + headerListSize(request.getHeaders());
  }

  /** As RFC 9113, section 6.5.2, counts it. */
  private static int headerListSize(HttpFields fields) {
    int size = 0;
    for (HttpField field : fields) {
      String value = field.getValue();
      size += field.getName().length() + (value == null ? 0 : value.length()) + LINE_OVERHEAD;
    }
    return size;
  }

  @Override
  protected HttpChannelOverHTTP2 newHttpChannel() {
    return new Channel();
  }

  /** The place of one request at a time. */
  private final class Channel extends HttpChannelOverHTTP2 {
    Channel() {
      super(StreamConnection.this, StreamConnection.this.getSession());
    }

    @Override
    public void exchangeTerminated(HttpExchange exchange, Result result) {
      if (result.isFailed() && isSilentFor(SILENCE_NANOS)) {
        // Before its place is free for another.
        leaving = true;
        givenUp = true;
        getHttpDestination().remove(StreamConnection.this);
      }
      super.exchangeTerminated(exchange, result);
      if (givenUp) {
        closeOnceUnused();
      }
    }
  }

  @Override
  protected void release(HttpChannelOverHTTP2 channel) {
    usedNanos = nanoTime.getAsLong();
    super.release(channel);
    if (leaving) {
      closeOnceUnused();
    }
  }

  /**
   * Whether it has carried no request for longer than this; what the server says by itself is no
   * use. The one for which it is taken just now is not on it yet.
   */
  boolean hasIdled(long millis) {
    return nanoTime.getAsLong() - usedNanos > TimeUnit.MILLISECONDS.toNanos(millis)
        && owesNothing();
  }

  /** Whether it owes an answer, and nothing has come for so long that it may be dead. */
  boolean isSilent() {
    return isSilentFor(MAX_SILENCE_NANOS) && !owesNothing();
  }

  /** Whether nothing has come since a request was sent so long ago. */
  private boolean isSilentFor(long nanos) {
    Silence known = silence;
    return wire.getBytesIn() == known.bytes() && nanoTime.getAsLong() - known.sinceNanos() >= nanos;
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
      lost(new ClosedChannelException(), Callback.NOOP);
    } else {
      leaving = true;
      closeOnceUnused();
    }
  }

  /**
   * Nothing comes any more: what has come whole may be read to its end, as slowly as a client
   * likes; the rest fails. Jetty would have all of it fail, or lose what was not read and show its
   * end all the same, once it is told that this has been heard.
   */
  void lost(Throwable failure, Callback heard) {
    onUnused.set(heard);
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

  /** Whether an answer is owed to nobody. */
  private boolean owesNothing() {
    for (Iterator<HttpChannel> channels = getHttpChannels(); channels.hasNext(); ) {
      if (channels.next().getHttpExchange() != null) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean onIdleTimeout(long idleTimeout, Throwable failure) {
    if (super.onIdleTimeout(idleTimeout, failure)) {
      lost(failure, Callback.NOOP);
    }
    // Jetty would lose what was not read, as above.
    return false;
  }

  private void closeOnceUnused() {
    // A place is free once its stream's reset is written, which a dead server may keep from being.
    if (givenUp ? owesNothing() : !getHttpChannels().hasNext()) {
      // Jetty waits for the server else, as long as a connection may idle: here for ever.
      endPoint.setIdleTimeout(CLOSING_MILLIS);
      super.close();
      onUnused.getAndSet(Callback.NOOP).succeeded();
    }
  }

  /**
   * Makes one once the server has greeted, for which it has the time to connect once more; tells it
   * of its loss.
   */
  static final class Listener extends HTTPSessionListenerPromise {
    /** Whether the server has greeted or failed. */
    private final AtomicBoolean settled = new AtomicBoolean();

    private volatile Scheduler.Task timer = () -> false;
    private volatile @Nullable StreamConnection connection;

    Listener(Map<String, Object> context) {
      super(context);
    }

    /** There is a connection, without TLS yet. Jetty would wait for the rest for ever. */
    void onConnected(EndPoint endPoint, ClientConnector connector) {
      long millis = connector.getConnectTimeout().toMillis();
      timer =
          connector
              .getScheduler()
              .schedule(() -> onSilence(endPoint, millis), millis, TimeUnit.MILLISECONDS);
    }

    private void onSilence(EndPoint endPoint, long millis) {
      if (settled.compareAndSet(false, true)) {
        super.failed(new SocketTimeoutException("no HTTP/2 within " + millis + " ms"));
        endPoint.close();
      }
    }

    @Override
    public void onSettings(Session session, SettingsFrame frame) {
      if (settled.compareAndSet(false, true)) {
        timer.cancel();
      } else if (connection == null) {
        return;
      }
      super.onSettings(session, frame);
    }

    @Override
    public void failed(Throwable failure) {
      settled.set(true);
      timer.cancel();
      super.failed(failure);
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
        made.lost(failure, callback);
      }
    }
  }
}
