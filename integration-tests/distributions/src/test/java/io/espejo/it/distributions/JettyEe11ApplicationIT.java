package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import org.junit.jupiter.api.extension.RegisterExtension;

class JettyEe11ApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.JETTY_EE11);

  JettyEe11ApplicationIT() {
    super(SERVERS::application);
  }
}
