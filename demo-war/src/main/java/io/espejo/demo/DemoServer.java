package io.espejo.demo;

import io.espejo.Espejo;
import io.espejo.demo.httpbin.HttpbinApplication;
import io.espejo.demo.httpbin.LastRequest;
import io.espejo.servlet.MirrorFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.MultipartConfigElement;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumSet;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.glassfish.jersey.servlet.ServletContainer;

/**
 * One server of the demo: HTTP/1.1 on one port, permissive in the targets it takes.
 *
 * <p>{@link #open} takes the port, {@link #start} answers on it, {@link #close} waits up to 30 s
 * for requests that run.
 */
final class DemoServer implements AutoCloseable {
  private static final long MAX_MULTIPART = 4 * 1024 * 1024;
  private static final Duration GRACE = Duration.ofSeconds(30);

  private final Server server;
  private final PacedConnector connector;

  private DemoServer(
      String name, String host, int port, ServerLimits limits, ServletContextHandler app) {
    QueuedThreadPool threads = new QueuedThreadPool(200, 4);
    threads.setName(name);
    server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(limits.maxHeadBytes());
    http.setResponseHeaderSize(limits.maxHeadBytes());
    http.setUriCompliance(UriCompliance.UNSAFE);
    connector = new PacedConnector(server, limits.headTimeout(), new HttpConnectionFactory(http));
    connector.setHost(host);
    connector.setPort(port);
    connector.setIdleTimeout(limits.idleTimeout().toMillis());
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(limits.maxConnections(), connector));
    app.getServletHandler().setDecodeAmbiguousURIs(true);
    server.setHandler(new PacedConnector.Pace(new GracefulHandler(app)));
    server.setStopTimeout(GRACE.toMillis());
    ErrorHandler errors = new ErrorHandler();
    errors.setShowStacks(false);
    server.setErrorHandler(errors);
  }

  /** httpbin, with the access log of this version on {@code out}. */
  static DemoServer httpbin(String version, String host, int port, PrintStream out) {
    ServletContextHandler app = new ServletContextHandler("/");
    app.addFilter(new LastRequest(), "/*", EnumSet.of(DispatcherType.REQUEST));
    ServletHolder jersey = new ServletHolder(new ServletContainer(new HttpbinApplication()));
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

  /** The gateway for rules that somebody else opened, and closes after this. */
  static DemoServer gateway(Espejo espejo, String host, int port, ServerLimits limits) {
    ServletContextHandler app = new ServletContextHandler("/");
    FilterHolder filter = new FilterHolder(new MirrorFilter(espejo));
    filter.setAsyncSupported(true);
    app.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
    return new DemoServer("gateway", host, port, limits, app);
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
