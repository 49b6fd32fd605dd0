package io.espejo.testkit;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** The contract of gateways for that of JAX-RS, as far as a runtime lets it through. */
public abstract class JaxRsGatewayContract extends GatewayContract {
  private final Server server;

  /** Starts the resources of {@code io.espejo.it.jaxrs} on a runtime. */
  @FunctionalInterface
  protected interface Server {
    /** Starts them with these settings of the feature. */
    Gateway start(Path rules, Map<String, String> settings, boolean http2) throws Exception;
  }

  protected JaxRsGatewayContract(Server server) {
    this.server = server;
  }

  @Override
  protected Gateway start(Path rules, Map<String, String> settings) throws Exception {
    return start(rules, settings, false);
  }

  @Override
  protected Gateway startHttp2(Path rules, Map<String, String> settings) throws Exception {
    return start(rules, settings, true);
  }

  private Gateway start(Path rules, Map<String, String> settings, boolean http2) throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    all.put("feature", "gateway");
    return server.start(rules, all, http2);
  }

  @Override
  protected Map<Capability, String> lacks() {
    Map<Capability, String> lacks = new EnumMap<>(Capability.class);
    lacks.put(Capability.UPGRADE, "JAX-RS cannot leave HTTP");
    lacks.put(Capability.BARE_UPGRADE, "JAX-RS cannot leave HTTP");
    lacks.put(Capability.REQUEST_TRAILERS, "JAX-RS has no trailers");
    lacks.put(Capability.RESET_AT_ONCE, "Tomcat's request has ended for a moment");
    lacks.put(Capability.HTTP2_REQUEST_TRAILERS, "JAX-RS has no trailers");
    lacks.put(Capability.ANSWER_TRAILERS, "JAX-RS has no trailers");
    lacks.put(Capability.EARLY_HINTS, "JAX-RS has one answer");
    lacks.put(Capability.ABANDONED_READ, "nothing ends the read of an entity stream");
    lacks.put(Capability.OTHER_CONTENT_TYPE, "JAX-RS reads it as a MediaType");
    lacks.put(Capability.KEEP_ALIVE_AFTER_ERRORS, "Tomcat closes after 400, 500, 501 and 503");
    return lacks;
  }
}
