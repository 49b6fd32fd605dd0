package io.espejo.it.distributions;

import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class WildFlyGatewayIT extends DistributionGateway {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.WILDFLY_GATEWAY);

  WildFlyGatewayIT() {
    super(SERVERS);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(
        Capability.ONE_AUTHORITY,
        "Undertow takes the first",
        Capability.RESET_OF_ANSWER,
        "Undertow does not, of a stream that has no window",
        Capability.EARLY_HINTS,
        "Undertow sends an error page for them",
        Capability.ABSENT_HOST,
        "WildFly puts default-host there",
        Capability.LONE_CR,
        "Undertow ends a header line by it, and in chunks waits for the LF",
        Capability.BARE_QUERY,
        "Undertow redirects it to the WAR's root",
        Capability.TARGET_PORT,
        "WildFly compares the hosts alone",
        Capability.CONNECT_REFUSAL,
        "Undertow finds no servlet for a target that is no path: 500");
  }
}
