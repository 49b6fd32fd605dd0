package io.espejo.jaxrs;

import io.espejo.exchange.AddressLiteral;
import io.espejo.exchange.Headers;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Enumeration;
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
  public Optional<RequestLine> line() {
    return Optional.of(
        new RequestLine(
            request.getMethod(),
            request.getScheme(),
            request.getRequestURI(),
            Optional.ofNullable(request.getQueryString())));
  }

  @Override
  public Optional<Headers> headers() {
    Headers.Builder lines = Headers.builder();
    for (Enumeration<String> names = request.getHeaderNames(); names.hasMoreElements(); ) {
      String name = names.nextElement();
      for (Enumeration<String> values = request.getHeaders(name); values.hasMoreElements(); ) {
        lines.add(name, values.nextElement());
      }
    }
    Headers read = lines.build();
    return Optional.of(request.getProtocol().startsWith("HTTP/2") ? read.withOneCookie() : read);
  }

  @Override
  public boolean bodyFinished() {
    try {
      return request.getInputStream().isFinished();
    } catch (IOException | RuntimeException gone) {
      return false;
    }
  }

  @Override
  public void breakOff() {
    request.setAttribute(BrokenAnswers.ATTRIBUTE, true);
  }
}
