package io.espejo.it.jaxrs;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/** Reads an entity from the servlet request itself. */
@Path("/servlet")
@Produces("text/plain")
public class ServletResource {
  @Context
  @SuppressWarnings("NullAway.Init") // the runtime does
  HttpServletRequest request;

  @POST
  @Path("stream")
  public String stream() throws IOException {
    return ReadingResource.digest(request.getInputStream().readAllBytes());
  }

  @POST
  @Path("reader")
  public String reader() throws IOException {
    String text = request.getReader().lines().collect(Collectors.joining("\n"));
    return ReadingResource.digest(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @POST
  @Path("parameter")
  public String parameter() {
    return String.valueOf(request.getParameter("a"));
  }
}
