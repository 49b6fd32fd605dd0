package io.espejo.it.distributions;

import io.espejo.testkit.Capability;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.GatewayContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class JettyEe11GatewayIT extends GatewayContract {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.JETTY_EE11);

  @Override
  protected Gateway start(Path rules, Map<String, String> settings) throws IOException {
    return SERVERS.gateway(rules, settings, false);
  }

  @Override
  protected Gateway startHttp2(Path rules, Map<String, String> settings) throws IOException {
    return SERVERS.gateway(rules, settings, true);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(Capability.BARE_UPGRADE, "Jetty 12.1.12 takes the client's side for ended");
  }
}
