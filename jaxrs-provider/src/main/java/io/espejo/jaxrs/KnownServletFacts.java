package io.espejo.jaxrs;

import io.espejo.exchange.AddressLiteral;
import io.espejo.exchange.Headers;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Collections;
import java.util.Optional;

/** Those of a servlet request; loaded only where the Servlet API is. */
record KnownServletFacts(HttpServletRequest request) implements ServletFacts {
  static ServletFacts of(Object servlet) {
    return servlet instanceof HttpServletRequest http ? new KnownServletFacts(http) : NONE;
  }

  @Override
  public String peerAddress() {
    String address = request.getRemoteAddr();
    return address == null ? "" : AddressLiteral.canonical(address);
  }

  @Override
  public Optional<String> protocol() {
    return Optional.of(request.getProtocol());
  }

  @Override
  public Optional<Headers> headers() {
    Headers.Builder lines = Headers.builder();
    for (String name : Collections.list(request.getHeaderNames())) {
      for (String value : Collections.list(request.getHeaders(name))) {
        lines.add(name, value);
      }
    }
    return Optional.of(lines.build());
  }

  @Override
  public boolean bodyFinished() {
    try {
      return request.getInputStream().isFinished();
    } catch (IOException | RuntimeException gone) {
      return false;
    }
  }
}
