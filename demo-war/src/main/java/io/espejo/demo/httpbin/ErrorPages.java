package io.espejo.demo.httpbin;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.util.Optional;

/** Every failure as a short page, never with a stack trace. */
final class ErrorPages implements ExceptionMapper<Throwable> {
  private static final System.Logger LOG = System.getLogger(ErrorPages.class.getName());

  @Override
  public Response toResponse(Throwable failure) {
    Response response;
    if (failure instanceof WebApplicationException known) {
      response = known.getResponse();
    } else {
      LOG.log(System.Logger.Level.WARNING, "request failed", failure);
      response = Response.serverError().build();
    }
    int status = response.getStatus();
    String reason =
        Optional.ofNullable(Response.Status.fromStatusCode(status))
            .map(Response.Status::getReasonPhrase)
            .orElse("Error");
    return Whole.answer(
        Response.fromResponse(response),
        "text/html; charset=utf-8",
        """
        <!doctype html>
        <html lang=en>
        <title>%d %s</title>
        <h1>%s</h1>
        """
            .formatted(status, reason, reason));
  }
}
