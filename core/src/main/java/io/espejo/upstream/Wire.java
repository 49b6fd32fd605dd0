package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.Protocol;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.client.AbstractConnectionPool;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.Origin;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.client.transport.HttpDestination;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;

/**
 * Jetty's client of a leg for one way to connect; it shares the leg's threads, timer and buffers.
 */
final class Wire {
  /** Header lines of a request may take this many bytes, as those of the usual containers may. */
  private static final int MAX_REQUEST_HEADERS = 128 * 1024;

  private static final int MAX_RESPONSE_HEADERS = 128 * 1024;

  /**
   * So long without a connection, and Jetty forgets an address that no cluster has any more. Not
   * longer, since with TLS each host that clients make up is a name of its own.
   */
  private static final Duration DESTINATION_IDLE = Duration.ofSeconds(2);

  /** A request that has an endpoint may come back to it so long after its cluster was replaced. */
  private static final Duration RETIREMENT = Duration.ofMinutes(1);

  private static final HttpCompliance AS_WRITTEN =
      HttpCompliance.RFC9110.with("as-written", HttpCompliance.Violation.CASE_SENSITIVE_FIELD_NAME);

  /** What needs a client of its own. */
  record Spec(Duration connectTimeout, Protocol protocol, Optional<TlsSpec> tls) {}

  private final Spec spec;
  private final HttpClient client;
  private final ManagedSelector selector;

  // Guarded by the leg.
  int users;
  long retiredAt;

  private Wire(Spec spec, HttpClient client, ManagedSelector selector) {
    this.spec = spec;
    this.client = client;
    this.selector = selector;
  }

  static Wire start(Spec spec, Leg leg) {
    ClientConnector connector = new ResetTellingConnector();
    connector.setSelectors(1);
    spec.tls().ifPresent(tls -> connector.setSslContextFactory(Tls.factory(tls)));
    HttpClient client = new ForwardingClient(transport(spec, connector));
    client.setName("espejo-" + leg.settings().name());
    client.setExecutor(leg.threads());
    client.setScheduler(leg.scheduler());
    client.setByteBufferPool(leg.buffers());
    client.setConnectTimeout(spec.connectTimeout().toMillis());
    client.setIdleTimeout(leg.settings().idleTimeout().toMillis());
    // Who may send is decided before.
    client.setMaxRequestsQueuedPerDestination(Integer.MAX_VALUE);
    client.setMaxRequestHeadersSize(MAX_REQUEST_HEADERS);
    client.setMaxResponseHeadersSize(MAX_RESPONSE_HEADERS);
    client.setHttpCompliance(AS_WRITTEN);
    client.setFollowRedirects(false);
    client.setHttpCookieStore(new HttpCookieStore.Empty());
    client.setUserAgentField(null);
    client.setUseInputDirectByteBuffers(false);
    client.setUseOutputDirectByteBuffers(false);
    client.setDestinationIdleTimeout(DESTINATION_IDLE.toMillis());
    client.setDefaultRequestContentType(null);
    try {
      client.start();
    } catch (Exception failure) {
      Leg.stop(client);
      throw new IllegalStateException("cannot start a client", failure);
    }
    // start() fills both by itself: what is not a plain forwarding client goes afterwards.
    client.getContentDecoderFactories().clear();
    client.getProtocolHandlers().clear();
    client.getProtocolHandlers().put(new InterimHandler());
    client.getProtocolHandlers().put(new HintsHandler());
    return new Wire(spec, client, connector.getSelectorManager().getBean(ManagedSelector.class));
  }

  private static HttpClientTransport transport(Spec spec, ClientConnector connector) {
    if (spec.protocol() == Protocol.HTTP2) {
      HTTP2Client http2 = new HTTP2Client(connector);
      http2.setUseALPN(spec.tls().isPresent());
      http2.setMaxConcurrentPushedStreams(0);
      HttpClientTransportOverHTTP2 transport = new StreamTransport(http2);
      transport.setConnectionPoolFactory(IdlePool::ofHttp2);
      return transport;
    }
    HttpClientTransportOverHTTP transport = new HttpClientTransportOverHTTP(connector);
    transport.setConnectionPoolFactory(IdlePool::ofHttp1);
    // What v1 answers reaches the client in v1's own case.
    transport.setHeaderCacheCaseSensitive(true);
    // Nothing that hears of answers blocks, so the selecting thread may call it itself.
    transport.setInvocationType(InvocationType.NON_BLOCKING);
    return transport;
  }

  /** The endpoint that a destination stands for. */
  static Endpoint endpoint(Destination destination) {
    return (Endpoint) destination.getOrigin().getTag();
  }

  static Optional<AbstractConnectionPool> pool(Destination destination) {
    return destination.getConnectionPool() instanceof AbstractConnectionPool pool
        ? Optional.of(pool)
        : Optional.empty();
  }

  Spec spec() {
    return spec;
  }

  ManagedSelector selector() {
    return selector;
  }

  HttpClient client() {
    return client;
  }

  String scheme() {
    return spec.tls().isPresent() ? "https" : "http";
  }

  boolean speaksHttp2() {
    return spec.protocol() == Protocol.HTTP2;
  }

  /** The name by which the server is addressed in TLS; empty without. */
  String serverName(String authority) {
    if (spec.tls().isEmpty()) {
      return "";
    }
    String sni = spec.tls().get().sni();
    return sni.isEmpty() ? host(authority) : sni;
  }

  private static String host(String authority) {
    if (authority.startsWith("[")) {
      int end = authority.indexOf(']');
      return end < 0 ? authority : authority.substring(1, end);
    }
    int colon = authority.indexOf(':');
    return colon < 0 ? authority : authority.substring(0, colon);
  }

  HttpDestination destination(Endpoint endpoint, String serverName, Transport transport) {
    String name = serverName.isEmpty() ? endpoint.uri().getHost() : serverName;
    Origin.Address address = new Origin.Address(name, endpoint.spec().port());
    Origin.Protocol protocol =
        speaksHttp2()
            ? new Origin.Protocol(List.of(spec.tls().isPresent() ? "h2" : "h2c"), false)
            : HttpClientTransportOverHTTP.HTTP11;
    return (HttpDestination)
        client.resolveDestination(new Origin(scheme(), address, endpoint, protocol, transport));
  }

  void closeIdle() {
    for (Destination destination : client.getDestinations()) {
      if (pool(destination).orElse(null) instanceof IdlePool pool) {
        pool.closeIdle();
      }
    }
  }

  /**
   * Whether nobody can need it any more: there is no connection, also of those that are in no pool,
   * upgraded ones and such of HTTP/2 as their servers have taken their leave of.
   */
  boolean isUnused(long nanos) {
    return nanos - retiredAt > RETIREMENT.toNanos()
        && selector.getTotalKeys() == 0
        && client.getDestinations().stream()
            .allMatch(
                destination -> pool(destination).map(AbstractConnectionPool::isEmpty).orElse(true));
  }

  void stop() {
    Leg.stop(client);
  }

  /**
   * Sends what found its connection closed to the same endpoint again, whatever its target says.
   */
  @SuppressWarnings("try") // Its close() may be interrupted, as Jetty has it; nobody calls it.
  private static final class ForwardingClient extends HttpClient {
    ForwardingClient(HttpClientTransport transport) {
      super(transport);
    }

    @Override
    public Destination resolveDestination(Request request) {
      return request instanceof OutgoingRequest outgoing
          ? outgoing.destination()
          : super.resolveDestination(request);
    }
  }

  private static final class StreamTransport extends HttpClientTransportOverHTTP2 {
    StreamTransport(HTTP2Client http2) {
      super(http2);
    }

    @Override
    public void connect(SocketAddress address, Map<String, Object> context) {
      StreamConnection.Listener listener = new StreamConnection.Listener(context);
      connect(
          (Transport) context.get(Transport.CONTEXT_KEY),
          (SslContextFactory.Client) context.get(ClientConnector.SSL_CONTEXT_FACTORY_CONTEXT_KEY),
          address,
          listener,
          listener,
          context);
    }
  }

  /**
   * Reads over every interim answer but 101 and 103, up to a limit. Without it a second 100, or any
   * other 1xx, leaves the exchange without an end, and what it holds is never given back
   * (jetty.project#15575).
   */
  private static final class InterimHandler extends ProcessingProtocolHandler {
    @Override
    public boolean accept(Request request, Response response) {
      int status = response.getStatus();
      return status >= 100 && status < 200 && status != 101 && status != 103;
    }

    @Override
    protected void onProcessing(Request request, HttpFields headers) {
      if (request instanceof OutgoingRequest outgoing) {
        outgoing.onInterim();
      }
    }
  }

  /** The same for 103, which is of use to a client. */
  private static final class HintsHandler extends EarlyHintsProtocolHandler {
    @Override
    protected void onEarlyHints(Request request, HttpFields headers) {
      if (request instanceof OutgoingRequest outgoing) {
        outgoing.onEarlyHints(headers);
      }
    }
  }
}
