package io.espejo.jaxrs;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.jaxrs.ServletFacts.RequestLine;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A JAX-RS request as the core sees it. JAX-RS tells nothing of the peer and the protocol; a
 * servlet container does, if there is one.
 */
final class JaxRsDownstreamRequest implements DownstreamRequest {
  private final ContainerRequestContext request;
  private final ServletFacts facts;
  private final RequestLine line;
  private @Nullable Headers headers;

  JaxRsDownstreamRequest(ContainerRequestContext request, ServletFacts facts) {
    this.request = request;
    this.facts = facts;
    this.line = facts.line().orElseGet(() -> line(request));
  }

  private static RequestLine line(ContainerRequestContext request) {
    URI uri = request.getUriInfo().getRequestUri();
    return new RequestLine(
        request.getMethod(),
        Objects.requireNonNullElse(uri.getScheme(), "http"),
        Objects.requireNonNullElse(uri.getRawPath(), ""),
        Optional.ofNullable(uri.getRawQuery()));
  }

  @Override
  public String method() {
    return line.method();
  }

  @Override
  public String scheme() {
    return "https".equalsIgnoreCase(line.scheme()) ? "https" : "http";
  }

  @Override
  public String authority() {
    Optional<String> host = headers().first("host");
    if (host.isPresent() || facts.protocol().orElse("").startsWith("HTTP/1")) {
      // What servers show without one is their own address.
      return host.orElse("");
    }
    return Optional.ofNullable(request.getUriInfo().getRequestUri().getRawAuthority()).orElse("");
  }

  @Override
  public String path() {
    return line.path().isEmpty() ? "/" : line.path();
  }

  @Override
  public Optional<String> query() {
    return line.query();
  }

  @Override
  public Headers headers() {
    Headers known = headers;
    if (known == null) {
      known = facts.headers().orElseGet(() -> read(request));
      headers = known;
    }
    return known;
  }

  private static Headers read(ContainerRequestContext request) {
    Headers.Builder lines = Headers.builder();
    for (Map.Entry<String, List<String>> header : request.getHeaders().entrySet()) {
      for (String value : header.getValue()) {
        lines.add(header.getKey(), value);
      }
    }
    return lines.build();
  }

  @Override
  public String peerAddress() {
    return facts.peerAddress();
  }

  /** A request without Host came over HTTP/2, as far as can be told. */
  @Override
  public String protocol() {
    return facts.protocol().orElseGet(() -> headers().contains("host") ? "HTTP/1.1" : "HTTP/2.0");
  }
}
