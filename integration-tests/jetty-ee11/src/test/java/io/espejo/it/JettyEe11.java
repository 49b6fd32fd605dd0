package io.espejo.it;

import io.espejo.Espejo;
import io.espejo.it.application.EarlierFilter;
import io.espejo.it.application.LifeServlet;
import io.espejo.it.application.ReadingServlet;
import io.espejo.servlet.MirrorFilter;
import io.espejo.testkit.DeploymentContract;
import io.espejo.testkit.Gateway;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.MultipartConfigElement;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandlerCollection;

/** An embedded Jetty that lets every target through to the filter. */
final class JettyEe11 implements DeploymentContract.Container {
  private static final int HEADER_BYTES = 96 * 1024;

  private final Server server = new Server();
  private final ServerConnector connector;
  private final ContextHandlerCollection contexts = new ContextHandlerCollection();

  private JettyEe11(boolean http2) {
    HttpConfiguration http = new HttpConfiguration();
    http.setUriCompliance(UriCompliance.UNSAFE);
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(HEADER_BYTES);
    http.setResponseHeaderSize(HEADER_BYTES);
    // Else "text/plain;charset=UTF-8" reaches the filter in lower case.
    http.setHeaderCacheCaseSensitive(true);
    connector = new ServerConnector(server, new HttpConnectionFactory(http));
    if (http2) {
      connector.addConnectionFactory(new HTTP2CServerConnectionFactory(http));
    }
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(contexts);
  }

  /** The filter alone. */
  static Gateway gateway(Path rules, Map<String, String> settings, boolean http2) throws Exception {
    ServletContextHandler context = new ServletContextHandler("/");
    addFilter(context, rules, settings, EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
    return started(context, http2);
  }

  /** The application that reads, with the filter before it or without. */
  static Gateway application(Optional<Path> rules, Map<String, String> settings) throws Exception {
    ServletContextHandler context = new ServletContextHandler("/");
    FilterHolder earlier = new FilterHolder(EarlierFilter.class);
    earlier.setAsyncSupported(true);
    context.addFilter(earlier, "/*", EnumSet.of(DispatcherType.REQUEST));
    if (rules.isPresent()) {
      addFilter(context, rules.get(), settings, EnumSet.allOf(DispatcherType.class));
    }
    ServletHolder servlet = new ServletHolder("reading", new ReadingServlet());
    servlet.setAsyncSupported(true);
    servlet
        .getRegistration()
        .setMultipartConfig(new MultipartConfigElement(System.getProperty("java.io.tmpdir")));
    context.addServlet(servlet, "/");
    ServletHolder life = new ServletHolder("named", new LifeServlet());
    life.setAsyncSupported(true);
    context.addServlet(life, "/life/*");
    ErrorPageErrorHandler pages = new ErrorPageErrorHandler();
    // What called what is not the client's, and the filter is in it.
    pages.setShowStacks(false);
    pages.addErrorPage(418, "/life/page-stream");
    pages.addErrorPage(422, "/life/page-parameter");
    pages.addErrorPage(LifeServlet.Paged.class, "/life/page-stream");
    context.setErrorHandler(pages);
    return started(context, true);
  }

  private static void addFilter(
      ServletContextHandler context,
      Path rules,
      Map<String, String> settings,
      EnumSet<DispatcherType> dispatchers) {
    FilterHolder filter = new FilterHolder(MirrorFilter.class);
    filter.setAsyncSupported(!"false".equals(settings.get("asyncSupported")));
    filter.setInitParameter("rules", rules.toString());
    settings.forEach(filter::setInitParameter);
    context.addFilter(filter, "/*", dispatchers);
  }

  private static Gateway started(ServletContextHandler context, boolean http2) throws Exception {
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    JettyEe11 jetty = new JettyEe11(http2);
    jetty.contexts.addHandler(context);
    try {
      jetty.server.start();
    } catch (Exception refused) {
      jetty.close();
      throw refused;
    }
    return new Running(
        jetty, (Espejo) context.getServletContext().getAttribute(Espejo.class.getName()));
  }

  static DeploymentContract.Container empty() throws Exception {
    JettyEe11 jetty = new JettyEe11(false);
    jetty.server.start();
    return jetty;
  }

  @Override
  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public DeploymentContract.Deployment deploy(Path war) throws Exception {
    WebAppContext application = new WebAppContext(war.toString(), "/");
    application.setThrowUnavailableOnStartupException(true);
    contexts.addHandler(application);
    application.start();
    return new Deployed(contexts, application);
  }

  @Override
  public void close() throws Exception {
    server.stop();
    server.destroy();
  }

  private record Running(JettyEe11 jetty, Espejo espejo) implements Gateway {
    @Override
    public int port() {
      return jetty.port();
    }

    @Override
    public void close() throws Exception {
      jetty.close();
    }
  }

  private record Deployed(ContextHandlerCollection contexts, WebAppContext application)
      implements DeploymentContract.Deployment {
    @Override
    public ClassLoader loader() {
      return application.getClassLoader();
    }

    @Override
    public void undeploy() throws Exception {
      application.stop();
      contexts.removeHandler(application);
      application.destroy();
    }
  }
}
