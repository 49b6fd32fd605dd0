package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class JettyEe10ApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.JETTY_EE10);

  JettyEe10ApplicationIT() {
    super(SERVERS::application);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(Capability.EVERY_TIMEOUT, "Jetty forgets one in some thousand");
  }
}
