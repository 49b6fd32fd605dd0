package io.espejo.it.distributions;

import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class Tomcat11GatewayIT extends DistributionGateway {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.TOMCAT_11);

  Tomcat11GatewayIT() {
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
        "Tomcat 11 may send none when it is told to by another thread");
  }
}
