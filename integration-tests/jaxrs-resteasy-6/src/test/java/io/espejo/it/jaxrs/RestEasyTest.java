package io.espejo.it.jaxrs;

import io.espejo.Espejo;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.JaxRsContract;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jboss.resteasy.core.ResteasyDeploymentImpl;
import org.jboss.resteasy.plugins.server.servlet.HttpServlet30Dispatcher;
import org.jboss.resteasy.spi.Dispatcher;
import org.jboss.resteasy.spi.ResteasyDeployment;
import org.jboss.resteasy.spi.ResteasyProviderFactory;

class RestEasyTest extends JaxRsContract {
  RestEasyTest() {
    super(RestEasyTest::start);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(
        Lacking.FORMS_WITHOUT_CHARSET, "the container reads them, in a charset of its own");
  }

  private static Gateway start(Optional<Path> rules, Map<String, String> settings)
      throws Exception {
    ReadingApplication application = new ReadingApplication(rules, settings, true);
    TomcatHost host =
        TomcatHost.start(new Deployed(application), Map.of(), TomcatHost.filter(rules, settings));
    return new Running(host, host.espejo());
  }

  static Gateway gateway(Path rules, Map<String, String> settings, boolean http2) throws Exception {
    ReadingApplication application = new ReadingApplication(Optional.of(rules), settings, true);
    Deployed servlet = new Deployed(application);
    servlet.deployment.setAddCharset(false);
    TomcatHost host = TomcatHost.gateway(servlet, http2);
    return new Running(host, host.espejo());
  }

  private record Running(TomcatHost host, Optional<Espejo> its) implements Gateway {
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

  /** RESTEasy's servlet for an application that is there already. */
  private static final class Deployed extends HttpServlet30Dispatcher {
    private static final long serialVersionUID = 1;

    private final transient ResteasyDeployment deployment = new ResteasyDeploymentImpl();

    Deployed(ReadingApplication application) {
      deployment.setApplication(application);
    }

    @Override
    public void init(ServletConfig config) throws ServletException {
      deployment.start();
      ServletContext context = config.getServletContext();
      context.setAttribute(
          ResteasyProviderFactory.class.getName(), deployment.getProviderFactory());
      context.setAttribute(Dispatcher.class.getName(), deployment.getDispatcher());
      super.init(config);
    }

    @Override
    public void destroy() {
      super.destroy();
      deployment.stop();
    }
  }
}
