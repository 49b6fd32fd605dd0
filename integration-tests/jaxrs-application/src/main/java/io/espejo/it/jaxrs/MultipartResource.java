package io.espejo.it.jaxrs;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.EntityPart;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.List;

/** Reads parts; not every runtime has them. */
@Path("/parts")
@Produces("text/plain")
public class MultipartResource {
  @POST
  @Consumes(MediaType.MULTIPART_FORM_DATA)
  public String parts(List<EntityPart> parts) throws IOException {
    StringBuilder names = new StringBuilder();
    for (EntityPart part : parts) {
      names.append(part.getName()).append('=');
      names.append(part.getContent().readAllBytes().length).append(' ');
    }
    return names.toString();
  }
}
