package io.espejo.upstream;

import io.espejo.exchange.UpgradedConnection;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.HttpUpgrader;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A request whose method and target go out byte for byte as they were given.
 *
 * <p>Jetty's own upper-cases the method and reads the path as a URI, which turns {@code //a} into
 * {@code /} and refuses what containers let pass.
 */
public final class OutgoingRequest extends HttpRequest {
  /** More interim answers than any server has reason to send. */
  private static final int MAX_INTERIM = 10_000;

  private final Destination destination;
  private final String method;
  private final String path;
  private final @Nullable String query;
  private final boolean http2;
  private final @Nullable String host;
  private int interim;
  private Consumer<HttpFields> earlyHints = fields -> {};

  /** What follows a 101 is ours, whatever the protocol is called. */
  private static final HttpUpgrader NOT_JETTYS =
      new HttpUpgrader() {
        @Override
        public void prepare(Request request) {}

        @Override
        public void upgrade(Response response, EndPoint endPoint, Callback callback) {
          callback.failed(new IOException("not upgraded here"));
        }
      };

  OutgoingRequest(Endpoint endpoint, Destination destination, RequestHead head) {
    super(endpoint.cluster().wire().client(), new HttpConversation(), endpoint.uri());
    this.destination = destination;
    this.http2 = endpoint.cluster().wire().speaksHttp2();
    this.method = head.method();
    this.path = head.path();
    this.query = head.rawQuery();
    this.host = head.fields().get(HttpHeader.HOST);
    headers(
        fields -> {
          fields.add(head.fields());
          if (http2) {
            fields.remove(HttpHeader.HOST);
            fields.remove(HttpHeader.TRANSFER_ENCODING);
            fields.remove("connection");
            fields.remove("upgrade");
          }
        });
    if (head.isUpgrade()) {
      getConversation().setAttribute(HttpUpgrader.class.getName(), NOT_JETTYS);
    }
  }

  /** Sends it; the listener hears the end exactly once, perhaps inside this call. */
  public void sendTo(Response.CompleteListener listener) {
    destination.send(this, listener);
  }

  /**
   * v1's side of the connection, once a 101 was answered in whole.
   *
   * @param idleTimeout without a byte either way; zero: for ever
   * @param onIdle called on a thread of the leg when that has passed
   */
  public UpgradedConnection upgraded(Duration idleTimeout, Runnable onIdle) {
    EndPoint endPoint = (EndPoint) getConversation().getAttribute(EndPoint.class.getName());
    UpstreamConnection upgraded =
        new UpstreamConnection(endPoint, getHttpClient().getExecutor(), idleTimeout, onIdle);
    endPoint.upgrade(upgraded);
    return upgraded;
  }

  /** Ends it now; what has begun is reset. Whether it was in time shows in how it ends. */
  public void reset(Throwable cause) {
    CompletableFuture<Boolean> unused = abort(cause);
  }

  @Override
  public String getMethod() {
    return method;
  }

  @Override
  public String getPath() {
    return path;
  }

  @Override
  public @Nullable String getQuery() {
    return query;
  }

  @Override
  public @Nullable Supplier<HttpFields> getTrailersSupplier() {
    Supplier<HttpFields> trailers = super.getTrailersSupplier();
    return trailers != null && getConnection() instanceof StreamConnection streams
        ? () -> streams.trailers(trailers.get())
        : trailers;
  }

  /** On HTTP/2 it becomes the authority, as it is. */
  @Override
  public String getHost() {
    return http2 && host != null ? host : super.getHost();
  }

  @Override
  public int getPort() {
    return http2 ? -1 : super.getPort();
  }

  /**
   * None: a raw target need not be a URI, and nobody here asks for cookies or credentials by it.
   */
  @Override
  public @Nullable URI getURI() {
    return null;
  }

  /** Whom to tell of the header lines of a 103; on the thread that reads, so nothing may wait. */
  public void tellEarlyHints(Consumer<HttpFields> listener) {
    earlyHints = listener;
  }

  void onEarlyHints(HttpFields fields) {
    onInterim();
    earlyHints.accept(fields);
  }

  /** Reads over an interim answer; a storm of them is no HTTP. */
  void onInterim() {
    interim++;
    if (interim > MAX_INTERIM) {
      reset(
          new HttpException.RuntimeException(502, "more than " + MAX_INTERIM + " interim answers"));
    }
  }

  Destination destination() {
    return destination;
  }

  /**
   * Whether its connection has carried another request before, and may have died since. Over
   * HTTP/2: has died, since a stream can be reset without.
   */
  public boolean onReusedConnection() {
    if (getConnection() instanceof StreamConnection streams) {
      return streams.diedReused();
    }
    return getConnection() instanceof org.eclipse.jetty.io.Connection connection
        && connection.getMessagesOut() > 1;
  }
}
