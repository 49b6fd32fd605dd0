package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import org.junit.jupiter.api.extension.RegisterExtension;

class JettyEe10ApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.JETTY_EE10);

  JettyEe10ApplicationIT() {
    super(SERVERS::application);
  }
}
