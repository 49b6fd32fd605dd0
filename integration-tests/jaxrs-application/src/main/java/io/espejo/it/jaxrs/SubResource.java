package io.espejo.it.jaxrs;

import io.espejo.jaxrs.Mirrored;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;

/** What a locator gives. */
public class SubResource {
  @POST
  @Path("string")
  public String string(String entity) {
    return "sub " + entity.length();
  }

  @POST
  @Path("mirrored")
  @Mirrored
  public String mirrored(String entity) {
    return "sub " + entity.length();
  }
}
