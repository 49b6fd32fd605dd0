package io.espejo.it.jaxrs;

import com.sun.net.httpserver.HttpServer;
import io.espejo.Espejo;
import io.espejo.testkit.Gateway;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.jdkhttp.JdkHttpServerFactory;
import org.glassfish.jersey.netty.httpserver.NettyHttpContainerProvider;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.servlet.ServletContainer;

/** The resources on Jersey. */
final class Jersey {
  private static final URI ANY_PORT = URI.create("http://127.0.0.1:0/");

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

  /** A gateway in Tomcat. */
  static Gateway gateway(Path rules, Map<String, String> settings, boolean http2) throws Exception {
    ReadingApplication application = new ReadingApplication(Optional.of(rules), settings, true);
    TomcatHost host =
        TomcatHost.gateway(new ServletContainer(ResourceConfig.forApplication(application)), http2);
    return new InTomcat(host, host.espejo());
  }

  /** On the JDK's server. */
  static Gateway jdk(Optional<Path> rules, Map<String, String> settings) {
    return start(
        rules,
        settings,
        resources -> {
          HttpServer server = JdkHttpServerFactory.createHttpServer(ANY_PORT, resources, false);
          ExecutorService threads = Executors.newCachedThreadPool();
          server.setExecutor(threads);
          server.start();
          return new Listening(
              server.getAddress().getPort(),
              () -> {
                server.stop(0);
                threads.shutdownNow();
              });
        });
  }

  /** On Grizzly. */
  static Gateway grizzly(Optional<Path> rules, Map<String, String> settings) {
    return start(
        rules,
        settings,
        resources -> {
          org.glassfish.grizzly.http.server.HttpServer server =
              GrizzlyHttpServerFactory.createHttpServer(ANY_PORT, resources);
          return new Listening(
              server.getListeners().iterator().next().getPort(), server::shutdownNow);
        });
  }

  /** On Netty. */
  static Gateway netty(Optional<Path> rules, Map<String, String> settings) {
    return start(
        rules,
        settings,
        resources -> {
          Channel server = NettyHttpContainerProvider.createServer(ANY_PORT, resources, false);
          return new Listening(
              ((InetSocketAddress) server.localAddress()).getPort(),
              () -> server.close().syncUninterruptibly());
        });
  }

  private static Gateway start(
      Optional<Path> rules,
      Map<String, String> settings,
      Function<ResourceConfig, Listening> server) {
    ReadingApplication application = new ReadingApplication(rules, settings, true);
    try {
      Listening listening = server.apply(ResourceConfig.forApplication(application));
      return new WithoutServlets(listening, application, application.espejo());
    } catch (RuntimeException failed) {
      application.close();
      throw failed;
    }
  }

  private record Listening(int port, Runnable stop) {}

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

  private record WithoutServlets(
      Listening listening, ReadingApplication application, Optional<Espejo> its)
      implements Gateway {
    @Override
    public int port() {
      return listening.port();
    }

    @Override
    public Espejo espejo() {
      return its.orElseThrow();
    }

    @Override
    public void close() {
      listening.stop().run();
      application.close();
    }
  }
}
