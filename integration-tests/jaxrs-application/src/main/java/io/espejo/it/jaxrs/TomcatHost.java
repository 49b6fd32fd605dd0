package io.espejo.it.jaxrs;

import io.espejo.Espejo;
import io.espejo.jaxrs.MirrorLifecycle;
import io.espejo.servlet.MirrorFilter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** A Tomcat on a loopback port that serves every path by one servlet: that of a runtime. */
public final class TomcatHost implements AutoCloseable {
  private final Tomcat tomcat = new Tomcat();
  private final Path base;
  private final Context context;

  private TomcatHost(boolean http2) throws IOException {
    base = Files.createTempDirectory("tomcat");
    Files.createDirectory(base.resolve("webapps"));
    tomcat.setBaseDir(base.toString());
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setEncodedSolidusHandling("passthrough");
    connector.setProperty("maxKeepAliveRequests", "-1");
    connector.setProperty("maxHttpHeaderSize", "98304");
    if (http2) {
      connector.addUpgradeProtocol(new Http2Protocol());
    }
    tomcat.setConnector(connector);
    context = tomcat.addContext("", base.toString());
    context.addServletContainerInitializer(new MirrorLifecycle(), null);
    ErrorReportValve report = new ErrorReportValve();
    report.setShowReport(false);
    tomcat.getHost().getPipeline().addValve(report);
  }

  /**
   * Starts it.
   *
   * @param filter the settings of a servlet filter before it, if there is one
   * @throws IllegalStateException if the servlet did not start; its cause says why
   */
  public static TomcatHost start(
      Servlet servlet, Map<String, String> parameters, Optional<Map<String, String>> filter)
      throws Exception {
    return start(new TomcatHost(false), servlet, parameters, filter);
  }

  /**
   * Starts it for a gateway.
   *
   * @param http2 whether clients may speak HTTP/2 from their first byte on
   */
  public static TomcatHost gateway(Servlet servlet, boolean http2) throws Exception {
    return start(new TomcatHost(http2), servlet, Map.of(), Optional.empty());
  }

  private static TomcatHost start(
      TomcatHost host,
      Servlet servlet,
      Map<String, String> parameters,
      Optional<Map<String, String>> filter)
      throws Exception {
    filter.ifPresent(host::addFilter);
    Wrapper wrapper = Tomcat.addServlet(host.context, "runtime", servlet);
    parameters.forEach(wrapper::addInitParameter);
    wrapper.setAsyncSupported(true);
    wrapper.addMapping("/*");
    host.tomcat.start();
    try {
      if (host.context.getState() != LifecycleState.STARTED) {
        throw new IllegalStateException("the context did not start");
      }
      // Else its failure is the first client's.
      host.load(wrapper);
    } catch (Exception | Error failed) {
      host.close();
      throw failed;
    }
    return host;
  }

  /** The settings of a servlet filter, if a test wants one. */
  public static Optional<Map<String, String>> filter(
      Optional<Path> rules, Map<String, String> settings) {
    if (rules.isEmpty() || !"filter".equals(settings.get("feature"))) {
      return Optional.empty();
    }
    Map<String, String> all = new HashMap<>(settings);
    all.put("rules", rules.get().toString());
    return Optional.of(all);
  }

  private void load(Wrapper wrapper) throws ServletException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(context.getLoader().getClassLoader());
    try {
      wrapper.load();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private void addFilter(Map<String, String> settings) {
    FilterDef filter = new FilterDef();
    filter.setFilterName("espejo");
    filter.setFilterClass(MirrorFilter.class.getName());
    filter.setAsyncSupported("true");
    settings.forEach(filter::addInitParameter);
    context.addFilterDef(filter);
    FilterMap everything = new FilterMap();
    everything.setFilterName("espejo");
    everything.addURLPattern("/*");
    for (String dispatcher : new String[] {"REQUEST", "ASYNC", "FORWARD", "INCLUDE", "ERROR"}) {
      everything.setDispatcher(dispatcher);
    }
    context.addFilterMap(everything);
  }

  /** Its port. */
  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  /** What runs in it, if a filter or feature of ours does. */
  public Optional<Espejo> espejo() {
    return Optional.ofNullable(
        (Espejo) context.getServletContext().getAttribute(Espejo.class.getName()));
  }

  @Override
  public void close() throws IOException, LifecycleException {
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
}
