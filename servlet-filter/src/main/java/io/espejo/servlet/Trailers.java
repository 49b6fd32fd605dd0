package io.espejo.servlet;

import io.espejo.exchange.Headers;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;

/** The trailer fields of a request whose body was read. */
final class Trailers {
  private Trailers() {}

  static Headers of(HttpServletRequest request) {
    if (!request.isTrailerFieldsReady()) {
      return Headers.EMPTY;
    }
    Headers.Builder lines = Headers.builder();
    for (Map.Entry<String, String> field : request.getTrailerFields().entrySet()) {
      lines.add(field.getKey(), field.getValue());
    }
    return lines.build();
  }
}
