package io.espejo.demo.httpbin;

import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;

/** Answers whose length is known before they are sent. */
final class Whole {
  private Whole() {}

  static Response answer(Response.ResponseBuilder answer, String type, byte[] octets) {
    return answer.type(type).header("Content-Length", octets.length).entity(octets).build();
  }

  /** An answer in ASCII. */
  static Response answer(Response.ResponseBuilder answer, String type, String text) {
    return answer(answer, type, text.getBytes(StandardCharsets.US_ASCII));
  }
}
