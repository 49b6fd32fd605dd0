package io.espejo.it;

import io.espejo.testkit.ApplicationContract;
import io.espejo.testkit.Capability;
import java.util.Map;

class JettyEe11ApplicationTest extends ApplicationContract {
  JettyEe11ApplicationTest() {
    super(JettyEe11::application);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(Capability.EVERY_TIMEOUT, "Jetty forgets one in some thousand");
  }
}
