package io.espejo.demo;

import io.espejo.Espejo;
import io.espejo.demo.LimitCounter.Limit;
import io.espejo.demo.httpbin.HttpbinApplication;
import io.espejo.demo.httpbin.LastRequest;
import io.espejo.jaxrs.MirrorLifecycle;
import io.espejo.servlet.MirrorFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.MultipartConfigElement;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.glassfish.jersey.servlet.ServletContainer;
import org.jspecify.annotations.Nullable;

/**
 * One server of the demo on one port, permissive in the targets it takes: HTTP/1.1, and the gateway
 * HTTP/2, too.
 *
 * <p>{@link #open} takes the port, {@link #start} answers on it, {@link #close} waits up to 30 s
 * for requests that run.
 */
final class DemoServer implements AutoCloseable {
  private static final long MAX_MULTIPART = 4 * 1024 * 1024;
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final Server server;
  private final HttpConfiguration http = new HttpConfiguration();
  private final PacedConnector connector;
  private final LimitCounter limited = new LimitCounter();

  private DemoServer(String name, String host, int port, ServerLimits limits, Handler app) {
    QueuedThreadPool threads = new QueuedThreadPool(200, 4);
    threads.setName(name);
    server = new Server(threads);
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(limits.maxHeadBytes());
    http.setResponseHeaderSize(limits.maxHeadBytes());
    http.setUriCompliance(UriCompliance.UNSAFE);
    connector =
        new PacedConnector(server, limits.headTimeout(), limited, new HttpConnectionFactory(http));
    connector.setHost(host);
    connector.setPort(port);
    connector.setIdleTimeout(limits.idleTimeout().toMillis());
    server.addConnector(connector);
    server.addBean(
        new NetworkConnectionLimit(limits.maxConnections(), connector) {
          @Override
          protected void limit() {
            limited.count(Limit.CONNECTIONS);
            super.limit();
          }
        });
    server.setHandler(new PacedConnector.Pace(new GracefulHandler(app)));
    server.setStopTimeout(GRACE.toMillis());
    ErrorHandler errors =
        new ErrorHandler() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            int status = response.getStatus();
            if (status == HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431
                || status == HttpStatus.URI_TOO_LONG_414) {
              limited.count(Limit.HEAD_BYTES);
            }
            return super.handle(request, response, callback);
          }
        };
    errors.setShowStacks(false);
    server.setErrorHandler(errors);
  }

  /** By which of Espejo's ways an httpbin mirrors what it answers. */
  enum InPlace {
    FILTER,
    PROVIDER
  }

  /**
   * httpbin, with the access log of this version on {@code out}; what it answers is mirrored by an
   * {@link Espejo} that somebody else opened, and closes after this.
   */
  static DemoServer httpbin(
      String version, String host, int port, PrintStream out, Optional<Espejo> mirror, InPlace by) {
    ServletContextHandler app = servlets();
    switch (by) {
      case FILTER -> mirror.ifPresent(espejo -> filter(app, espejo));
      case PROVIDER -> app.addServletContainerInitializer(new MirrorLifecycle());
    }
    app.addFilter(new LastRequest(), "/*", EnumSet.of(DispatcherType.REQUEST));
    HttpbinApplication resources =
        new HttpbinApplication(mirror, by == InPlace.PROVIDER ? "all" : "annotated");
    ServletHolder jersey = new ServletHolder(new ServletContainer(resources));
    jersey.setAsyncSupported(true);
    jersey
        .getRegistration()
        .setMultipartConfig(
            new MultipartConfigElement("", MAX_MULTIPART, MAX_MULTIPART, (int) MAX_MULTIPART));
    app.addServlet(jersey, "/*");
    DemoServer httpbin =
        new DemoServer("httpbin-" + version, host, port, ServerLimits.DEFAULT, app);
    httpbin.server.setRequestLog(new AccessLog(version, out));
    return httpbin;
  }

  /**
   * The gateway for rules that somebody else opened, and closes after this, as well as certificate
   * and log.
   */
  static DemoServer gateway(
      Espejo espejo,
      GatewayOptions options,
      Optional<ServerCertificate> certificate,
      Optional<GatewayLog> log) {
    ServletContextHandler app = servlets();
    filter(app, espejo);
    DemoServer gateway =
        new DemoServer("gateway", options.host(), options.port(), options.limits(), app);
    gateway.speakHttp2(certificate);
    log.ifPresent(gateway.server::setRequestLog);
    return gateway;
  }

  /** What operators read, for this machine only. */
  static DemoServer admin(AdminHandler pages, int port) {
    return new DemoServer("admin", "127.0.0.1", port, ServerLimits.ADMIN, pages);
  }

  private static void filter(ServletContextHandler app, Espejo espejo) {
    FilterHolder filter = new FilterHolder(new MirrorFilter(espejo));
    filter.setAsyncSupported(true);
    app.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
  }

  private static ServletContextHandler servlets() {
    ServletContextHandler app = new ServletContextHandler("/");
    app.getServletHandler().setDecodeAmbiguousURIs(true);
    return app;
  }

  /** By ALPN with TLS, else by prior knowledge; HTTP/1.1 all the same. */
  private void speakHttp2(Optional<ServerCertificate> certificate) {
    if (certificate.isEmpty()) {
      connector.addConnectionFactory(new PriorKnowledge(http));
      return;
    }
    HttpConfiguration secure = new HttpConfiguration(http);
    // The rules decide what becomes of a Host, not the certificate's names.
    secure.addCustomizer(new SecureRequestCustomizer(false));
    HttpConnectionFactory http1 = new HttpConnectionFactory(secure);
    ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
    alpn.setDefaultProtocol(http1.getProtocol());
    SslConnectionFactory tls =
        new SslConnectionFactory(certificate.get().factory(), alpn.getProtocol());
    connector.setConnectionFactories(
        List.of(tls, alpn, new HTTP2ServerConnectionFactory(secure), http1));
    connector.setDefaultProtocol(tls.getProtocol());
  }

  /**
   * HTTP/2 in plain text for a client that begins with it. {@code Upgrade: h2c} is passed over, as
   * any server may: RFC 9113 has dropped it, and it has let requests past proxies unseen.
   */
  private static final class PriorKnowledge extends HTTP2CServerConnectionFactory {
    PriorKnowledge(HttpConfiguration http) {
      super(http);
    }

    @Override
    public @Nullable Connection upgradeConnection(
        Connector connector,
        EndPoint endPoint,
        MetaData.Request request,
        HttpFields.Mutable response101) {
      return HttpMethod.PRI.is(request.getMethod())
          ? super.upgradeConnection(connector, endPoint, request, response101)
          : null;
    }
  }

  /** Takes the port; the system chooses one for 0. */
  void open() throws IOException {
    try {
      connector.open();
    } catch (IOException | RuntimeException failure) {
      Throwable reason = failure.getCause() == null ? failure : failure.getCause();
      throw new IOException(
          "cannot listen on %s:%d (%s); choose another port"
              .formatted(connector.getHost(), connector.getPort(), reason.getMessage()),
          failure);
    }
  }

  /** How often its limits took hold. */
  LimitCounter limited() {
    return limited;
  }

  /** The port it has taken. */
  int port() {
    return connector.getLocalPort();
  }

  void start() throws Exception {
    server.start();
  }

  @Override
  public void close() {
    connector.close();
    LifeCycle.stop(server);
  }
}
