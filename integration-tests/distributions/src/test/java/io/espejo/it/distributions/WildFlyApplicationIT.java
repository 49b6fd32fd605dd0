package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class WildFlyApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.WILDFLY);

  WildFlyApplicationIT() {
    super(SERVERS::application);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(Capability.UNREAD_PAIRS, "Undertow leaves such a pair out and says nothing");
  }
}
