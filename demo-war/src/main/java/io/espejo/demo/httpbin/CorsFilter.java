package io.espejo.demo.httpbin;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import java.lang.annotation.Annotation;
import java.util.Optional;

/** The headers that httpbin puts on every answer, and its empty answer to OPTIONS. */
final class CorsFilter implements ContainerResponseFilter {
  private static final MediaType HTML = MediaType.valueOf("text/html; charset=utf-8");

  @Override
  public void filter(ContainerRequestContext request, ContainerResponseContext response) {
    MultivaluedMap<String, Object> headers = response.getHeaders();
    headers.putSingle(
        "Access-Control-Allow-Origin",
        Optional.ofNullable(request.getHeaderString("Origin")).orElse("*"));
    headers.putSingle("Access-Control-Allow-Credentials", "true");
    if (request.getMethod().equals("OPTIONS")) {
      if (response.getStatus() < 300) {
        response.setStatus(200);
        response.setEntity("", new Annotation[0], HTML);
      }
      headers.putSingle("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, PATCH, OPTIONS");
      headers.putSingle("Access-Control-Max-Age", "3600");
      Optional.ofNullable(request.getHeaderString("Access-Control-Request-Headers"))
          .ifPresent(asked -> headers.putSingle("Access-Control-Allow-Headers", asked));
    }
  }
}
