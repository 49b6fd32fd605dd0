package io.espejo.it;

import io.espejo.testkit.Capability;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.GatewayContract;
import java.nio.file.Path;
import java.util.Map;

class JettyEe10GatewayTest extends GatewayContract {
  @Override
  protected Gateway start(Path rules, Map<String, String> settings) throws Exception {
    return JettyEe10.gateway(rules, settings, false);
  }

  @Override
  protected Gateway startHttp2(Path rules, Map<String, String> settings) throws Exception {
    return JettyEe10.gateway(rules, settings, true);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(Capability.BARE_UPGRADE, "Jetty 12.1.12 takes the client's side for ended");
  }
}
