package io.espejo.it.distributions;

import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class Tomcat10GatewayIT extends DistributionGateway {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.TOMCAT_10);

  Tomcat10GatewayIT() {
    super(SERVERS);
  }

  @Override
  protected Map<Capability, String> lacks() {
    return Map.of(
        Capability.KEEP_ALIVE_AFTER_ERRORS,
        "Tomcat closes after 400, 500, 501 and 503",
        Capability.HTTP2_HEAD,
        "Tomcat ends the stream when the filter returns, before there is a head",
        Capability.RESET_AT_ONCE,
        "Tomcat's request has ended for a moment, and its next one may be answered 500",
        Capability.HTTP2_REQUEST_TRAILERS,
        "Tomcat wakes only a reader that blocks",
        Capability.EARLY_HINTS,
        "Tomcat 10.1 keeps their header lines for the answer");
  }
}
