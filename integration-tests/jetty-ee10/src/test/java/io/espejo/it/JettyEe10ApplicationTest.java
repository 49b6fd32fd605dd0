package io.espejo.it;

import io.espejo.testkit.ApplicationContract;
import io.espejo.testkit.Capability;
import java.util.Map;

class JettyEe10ApplicationTest extends ApplicationContract {
  JettyEe10ApplicationTest() {
    super(JettyEe10::application);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(Capability.EVERY_TIMEOUT, "Jetty forgets one in some thousand");
  }
}
