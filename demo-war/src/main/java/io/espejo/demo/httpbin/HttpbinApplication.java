package io.espejo.demo.httpbin;

import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;

/** httpbin as a JAX-RS application, to be mapped to {@code /*} with multipart enabled. */
public final class HttpbinApplication extends ResourceConfig {
  public HttpbinApplication() {
    register(HttpbinResource.class);
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
