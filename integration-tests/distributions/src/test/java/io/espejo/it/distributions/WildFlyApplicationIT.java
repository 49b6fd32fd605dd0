package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import org.junit.jupiter.api.extension.RegisterExtension;

class WildFlyApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.WILDFLY);

  WildFlyApplicationIT() {
    super(SERVERS::application);
  }
}
