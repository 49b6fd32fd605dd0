package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import org.junit.jupiter.api.extension.RegisterExtension;

class Tomcat11ApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.TOMCAT_11);

  Tomcat11ApplicationIT() {
    super(SERVERS::application);
  }
}
