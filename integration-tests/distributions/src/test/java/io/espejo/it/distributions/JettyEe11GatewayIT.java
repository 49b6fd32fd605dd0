package io.espejo.it.distributions;

import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class JettyEe11GatewayIT extends DistributionGateway {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.JETTY_EE11);

  JettyEe11GatewayIT() {
    super(SERVERS);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(Capability.BARE_UPGRADE, "Jetty 12.1.12 takes the client's side for ended");
  }
}
