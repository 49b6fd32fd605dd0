package io.espejo.it.jaxrs;

import com.sun.net.httpserver.HttpServer;
import io.espejo.Espejo;
import io.espejo.testkit.Gateway;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.glassfish.jersey.jdkhttp.JdkHttpServerFactory;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.servlet.ServletContainer;

/** The resources on Jersey. */
final class Jersey {
  private Jersey() {}

  /** In Tomcat, perhaps with our servlet filter before them. */
  static Gateway servlet(Optional<Path> rules, Map<String, String> settings) throws Exception {
    ReadingApplication application = new ReadingApplication(rules, settings, true);
    TomcatHost host =
        TomcatHost.start(
            new ServletContainer(ResourceConfig.forApplication(application)),
            Map.of(),
            TomcatHost.filter(rules, settings));
    return new InTomcat(host, host.espejo());
  }

  /** On the JDK's server. */
  static Gateway jdk(Optional<Path> rules, Map<String, String> settings) {
    ReadingApplication application = new ReadingApplication(rules, settings, true);
    HttpServer server;
    try {
      server =
          JdkHttpServerFactory.createHttpServer(
              URI.create("http://127.0.0.1:0/"), ResourceConfig.forApplication(application), false);
    } catch (RuntimeException failed) {
      application.close();
      throw failed;
    }
    ExecutorService threads = Executors.newCachedThreadPool();
    server.setExecutor(threads);
    server.start();
    return new OnJdk(server, threads, application, application.espejo());
  }

  private record InTomcat(TomcatHost host, Optional<Espejo> its) implements Gateway {
    @Override
    public int port() {
      return host.port();
    }

    @Override
    public Espejo espejo() {
      return its.orElseThrow();
    }

    @Override
    public void close() throws Exception {
      host.close();
    }
  }

  private record OnJdk(
      HttpServer server,
      ExecutorService workers,
      ReadingApplication application,
      Optional<Espejo> its)
      implements Gateway {
    @Override
    public int port() {
      return server.getAddress().getPort();
    }

    @Override
    public Espejo espejo() {
      return its.orElseThrow();
    }

    @Override
    public void close() {
      server.stop(0);
      workers.shutdownNow();
      application.close();
    }
  }
}
