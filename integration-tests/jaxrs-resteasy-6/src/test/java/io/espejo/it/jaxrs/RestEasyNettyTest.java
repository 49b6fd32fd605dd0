package io.espejo.it.jaxrs;

import io.espejo.Espejo;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.JaxRsContract;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jboss.resteasy.core.ResteasyDeploymentImpl;
import org.jboss.resteasy.plugins.server.netty.NettyJaxrsServer;
import org.jboss.resteasy.spi.ResteasyDeployment;

@SuppressWarnings("removal") // RESTEasy 7.0 has it no more
class RestEasyNettyTest extends JaxRsContract {
  RestEasyNettyTest() {
    super(RestEasyNettyTest::start);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(Lacking.SERVLET, "it is a server of its own");
  }

  private static Gateway start(Optional<Path> rules, Map<String, String> settings) {
    ReadingApplication application = new ReadingApplication(rules, settings, true);
    ResteasyDeployment deployment = new ResteasyDeploymentImpl();
    deployment.setApplication(application);
    NettyJaxrsServer server = new NettyJaxrsServer();
    server.setDeployment(deployment);
    server.setHostname("127.0.0.1");
    server.setPort(0);
    // On its I/O threads RESTEasy calls no interceptor.
    server.setExecutorThreadCount(16);
    try {
      server.start();
    } catch (RuntimeException failed) {
      application.close();
      throw failed;
    }
    return new Running(server, application, application.espejo());
  }

  private record Running(
      NettyJaxrsServer server, ReadingApplication application, Optional<Espejo> its)
      implements Gateway {
    @Override
    public int port() {
      return server.getPort();
    }

    @Override
    public Espejo espejo() {
      return its.orElseThrow();
    }

    @Override
    public void close() {
      server.stop();
      application.close();
    }
  }
}
