package io.espejo.it.jaxrs;

import io.espejo.Espejo;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.JaxRsContract;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.cxf.jaxrs.servlet.CXFNonSpringJaxrsServlet;

class CxfTest extends JaxRsContract {
  CxfTest() {
    super(CxfTest::start);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(
        Lacking.BROKEN_CHUNKS, "CXF ends the answer before anybody hears of it",
        Lacking.DISCOVERY, "CXF looks for no features in jars",
        Lacking.DUPLEX, "CXF sends nothing before the resource has ended",
        Lacking.PARTS, "CXF has no EntityPart",
        Lacking.EVENTS, "a jar of CXF's own that is not here",
        Lacking.SUB_RESOURCES, "CXF asks no feature of what a locator gives",
        Lacking.TWICE, "CXF refuses two singletons of one class",
        Lacking.OTHER_TYPE, "CXF has settled the type before it asks its response filters");
  }

  private static Gateway start(Optional<Path> rules, Map<String, String> settings)
      throws Exception {
    ReadingApplication application = new ReadingApplication(rules, settings, false);
    TomcatHost host =
        TomcatHost.start(
            new CXFNonSpringJaxrsServlet(application),
            Map.of(),
            TomcatHost.filter(rules, settings));
    return new Running(host, host.espejo());
  }

  static Gateway gateway(Path rules, Map<String, String> settings, boolean http2) throws Exception {
    ReadingApplication application = new ReadingApplication(Optional.of(rules), settings, false);
    TomcatHost host = TomcatHost.gateway(new CXFNonSpringJaxrsServlet(application), http2);
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
}
