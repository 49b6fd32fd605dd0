package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import org.junit.jupiter.api.extension.RegisterExtension;

class Tomcat10ApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.TOMCAT_10);

  Tomcat10ApplicationIT() {
    super(SERVERS::application);
  }
}
