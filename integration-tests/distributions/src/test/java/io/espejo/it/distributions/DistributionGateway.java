package io.espejo.it.distributions;

import io.espejo.testkit.Gateway;
import io.espejo.testkit.GatewayContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The contract of a gateway on a distribution, in another process. */
abstract class DistributionGateway extends GatewayContract {
  private final Servers servers;

  DistributionGateway(Servers servers) {
    this.servers = servers;
  }

  @Override
  protected Gateway start(Path rules, Map<String, String> settings) throws IOException {
    return servers.gateway(rules, settings, false);
  }

  @Override
  protected Gateway startHttp2(Path rules, Map<String, String> settings) throws IOException {
    return servers.gateway(rules, settings, true);
  }
}
