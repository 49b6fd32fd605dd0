package io.espejo.servlet;

import io.espejo.exchange.Headers;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;

/** The trailer fields of a request whose body was read. */
final class Trailers {
  private Trailers() {}

  static Headers of(HttpServletRequest request) {
    Headers.Builder lines = Headers.builder();
    try {
      if (request.isTrailerFieldsReady()) {
        for (Map.Entry<String, String> field : request.getTrailerFields().entrySet()) {
          lines.add(field.getKey(), field.getValue());
        }
      }
    } catch (RuntimeException gone) {
      // The client has left, and the container has taken the request back.
      return Headers.EMPTY;
    }
    return lines.build();
  }
}
