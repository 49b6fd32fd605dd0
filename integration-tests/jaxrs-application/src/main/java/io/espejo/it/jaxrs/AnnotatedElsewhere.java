package io.espejo.it.jaxrs;

import io.espejo.jaxrs.Mirrored;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;

/** An interface that has the annotations of its implementations. */
public interface AnnotatedElsewhere {
  @GET
  @Path("elsewhere")
  @Mirrored(host = "httpbin", subset = "v2")
  String elsewhere();
}
