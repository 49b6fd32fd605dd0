package io.espejo.demo.httpbin;

import io.espejo.Espejo;
import io.espejo.jaxrs.MirrorFeature;
import java.util.Optional;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;

/** httpbin as a JAX-RS application, to be mapped to {@code /*} with multipart enabled. */
public final class HttpbinApplication extends ResourceConfig {
  /**
   * The application.
   *
   * @param mirror what mirrors resources, if anything does
   * @param resources which: {@code annotated} or {@code all}
   */
  public HttpbinApplication(Optional<Espejo> mirror, String resources) {
    register(HttpbinResource.class);
    mirror.ifPresent(espejo -> register(new MirrorFeature(espejo)));
    property("espejo.resources", resources);
    // A feature that is found in its jar would read the settings of the gateway.
    property("jakarta.ws.rs.loadServices", false);
    register(new CorsFilter());
    register(new ErrorPages());
    property(ServerProperties.WADL_FEATURE_DISABLE, true);
    // A status without a body is answered without one, not with an error page of the server's.
    property(ServerProperties.LOCATION_HEADER_RELATIVE_URI_RESOLUTION_DISABLED, true);
    // Lines of a stream leave when they are flushed, not when 8 KiB are full.
    property(ServerProperties.OUTBOUND_CONTENT_LENGTH_BUFFER, 0);
    property(ServerProperties.RESPONSE_SET_STATUS_OVER_SEND_ERROR, true);
  }
}
