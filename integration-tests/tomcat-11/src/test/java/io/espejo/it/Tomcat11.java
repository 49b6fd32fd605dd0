package io.espejo.it;

import io.espejo.Espejo;
import io.espejo.it.application.EarlierFilter;
import io.espejo.it.application.LifeServlet;
import io.espejo.it.application.ReadingServlet;
import io.espejo.servlet.MirrorFilter;
import io.espejo.testkit.DeploymentContract;
import io.espejo.testkit.Gateway;
import jakarta.servlet.MultipartConfigElement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.ErrorPage;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** An embedded Tomcat that lets every target through to the filter. */
final class Tomcat11 implements DeploymentContract.Container {
  private final Tomcat tomcat = new Tomcat();
  private final Path base;

  private Tomcat11(boolean http2) throws IOException {
    base = Files.createTempDirectory("tomcat");
    Files.createDirectory(base.resolve("webapps"));
    tomcat.setBaseDir(base.toString());
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setEncodedSolidusHandling("passthrough");
    connector.setProperty("allowedTrailerHeaders", "x-sum");
    connector.setProperty("maxKeepAliveRequests", "-1");
    connector.setProperty("maxHttpHeaderSize", "98304");
    if (http2) {
      connector.addUpgradeProtocol(new Http2Protocol());
    }
    tomcat.setConnector(connector);
  }

  /** The filter alone, before a servlet that serves nothing. */
  static Gateway gateway(Path rules, Map<String, String> settings, boolean http2) throws Exception {
    Tomcat11 tomcat = new Tomcat11(http2);
    Context context = tomcat.tomcat.addContext("", tomcat.base.toString());
    addFilter(context, rules, settings, "REQUEST", "ASYNC");
    // Filters run only before a servlet.
    Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
    return tomcat.started(context);
  }

  /** The application that reads, with the filter before it or without. */
  static Gateway application(Optional<Path> rules, Map<String, String> settings) throws Exception {
    Tomcat11 tomcat = new Tomcat11(true);
    Context context = tomcat.tomcat.addContext("", tomcat.base.toString());
    addFilter(context, "earlier", EarlierFilter.class, true, "REQUEST");
    if (rules.isPresent()) {
      addFilter(context, rules.get(), settings, "REQUEST", "ASYNC", "FORWARD", "INCLUDE", "ERROR");
    }
    Wrapper servlet = Tomcat.addServlet(context, "reading", new ReadingServlet());
    servlet.setAsyncSupported(true);
    servlet.setMultipartConfigElement(new MultipartConfigElement(tomcat.base.toString()));
    servlet.addMapping("/");
    Wrapper life = Tomcat.addServlet(context, "named", new LifeServlet());
    life.setAsyncSupported(true);
    life.addMapping("/life/*");
    // What called what is not the client's, and the filter is in it.
    ErrorReportValve report = new ErrorReportValve();
    report.setShowReport(false);
    tomcat.tomcat.getHost().getPipeline().addValve(report);
    addErrorPage(context, 418, "", "/life/page-stream");
    addErrorPage(context, 422, "", "/life/page-parameter");
    addErrorPage(context, 0, LifeServlet.Paged.class.getName(), "/life/page-stream");
    return tomcat.started(context);
  }

  private static void addErrorPage(Context context, int status, String type, String location) {
    ErrorPage page = new ErrorPage();
    if (status > 0) {
      page.setErrorCode(status);
    } else {
      page.setExceptionType(type);
    }
    page.setLocation(location);
    context.addErrorPage(page);
  }

  private static void addFilter(
      Context context, Path rules, Map<String, String> settings, String... dispatchers) {
    boolean async = !"false".equals(settings.get("asyncSupported"));
    FilterDef filter = addFilter(context, "espejo", MirrorFilter.class, async, dispatchers);
    filter.addInitParameter("rules", rules.toString());
    settings.forEach(filter::addInitParameter);
  }

  private static FilterDef addFilter(
      Context context, String name, Class<?> type, boolean async, String... dispatchers) {
    FilterDef filter = new FilterDef();
    filter.setFilterName(name);
    filter.setFilterClass(type.getName());
    filter.setAsyncSupported(Boolean.toString(async));
    context.addFilterDef(filter);
    FilterMap everything = new FilterMap();
    everything.setFilterName(name);
    everything.addURLPattern("/*");
    for (String dispatcher : dispatchers) {
      everything.setDispatcher(dispatcher);
    }
    context.addFilterMap(everything);
    return filter;
  }

  private Gateway started(Context context) throws Exception {
    tomcat.start();
    if (context.getState() != LifecycleState.STARTED) {
      close();
      throw new IllegalStateException("the context did not start");
    }
    return new Running(
        this, (Espejo) context.getServletContext().getAttribute(Espejo.class.getName()));
  }

  static DeploymentContract.Container empty() throws Exception {
    Tomcat11 tomcat = new Tomcat11(false);
    tomcat.tomcat.getHost();
    tomcat.tomcat.start();
    return tomcat;
  }

  @Override
  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  public DeploymentContract.Deployment deploy(Path war) {
    Context application = tomcat.addWebapp("", war.toString());
    if (application.getState() != LifecycleState.STARTED) {
      throw new IllegalStateException("the application did not start");
    }
    return new Deployed(tomcat, application);
  }

  @Override
  public void close() throws Exception {
    if (!Files.exists(base)) {
      return;
    }
    if (tomcat.getServer().getState().isAvailable()) {
      tomcat.stop();
    }
    tomcat.destroy();
    try (Stream<Path> files = Files.walk(base)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private record Running(Tomcat11 tomcat, Espejo espejo) implements Gateway {
    @Override
    public int port() {
      return tomcat.port();
    }

    @Override
    public void close() throws Exception {
      tomcat.close();
    }
  }

  private record Deployed(Tomcat tomcat, Context application)
      implements DeploymentContract.Deployment {
    @Override
    public ClassLoader loader() {
      return application.getLoader().getClassLoader();
    }

    @Override
    public void undeploy() {
      tomcat.getHost().removeChild(application);
    }
  }
}
