package io.espejo.it.distributions;

import io.espejo.testkit.ApplicationContract;
import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class OpenLibertyApplicationIT extends ApplicationContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.LIBERTY);

  OpenLibertyApplicationIT() {
    super(SERVERS::application);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(
        Capability.AVAILABLE,
        "its stream says 0 before the first read",
        Capability.ASYNCHRONOUS_UPGRADE,
        "Liberty upgrades no asynchronous request",
        Capability.FORM_ORDER,
        "it keeps parameters in no order",
        Capability.BLOCKING_UPGRADE,
        "nothing comes back, with the filter or without");
  }
}
