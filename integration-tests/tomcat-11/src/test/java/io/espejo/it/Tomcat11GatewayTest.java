package io.espejo.it;

import io.espejo.testkit.Capability;
import io.espejo.testkit.Gateway;
import io.espejo.testkit.GatewayContract;
import java.nio.file.Path;
import java.util.Map;

class Tomcat11GatewayTest extends GatewayContract {
  @Override
  protected Gateway start(Path rules, Map<String, String> settings) throws Exception {
    return Tomcat11.gateway(rules, settings, false);
  }

  @Override
  protected Gateway startHttp2(Path rules, Map<String, String> settings) throws Exception {
    return Tomcat11.gateway(rules, settings, true);
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
