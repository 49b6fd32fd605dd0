package io.espejo.it.jaxrs;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Makes 422 of it. */
@Provider
public class MappedMapper implements ExceptionMapper<Mapped> {
  @Override
  public Response toResponse(Mapped exception) {
    return Response.status(422).entity("mapped " + exception.length()).type("text/plain").build();
  }
}
