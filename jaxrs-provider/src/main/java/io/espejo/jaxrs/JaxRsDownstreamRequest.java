package io.espejo.jaxrs;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A JAX-RS request as the core sees it. JAX-RS tells nothing of the peer and the protocol; a
 * servlet container does, if there is one.
 */
final class JaxRsDownstreamRequest implements DownstreamRequest {
  private final ContainerRequestContext request;
  private final ServletFacts facts;
  private final URI uri;
  private @Nullable Headers headers;

  JaxRsDownstreamRequest(ContainerRequestContext request, ServletFacts facts) {
    this.request = request;
    this.facts = facts;
    this.uri = request.getUriInfo().getRequestUri();
  }

  @Override
  public String method() {
    return request.getMethod();
  }

  @Override
  public String scheme() {
    return "https".equalsIgnoreCase(uri.getScheme()) ? "https" : "http";
  }

  @Override
  public String authority() {
    return headers().first("host").or(() -> Optional.ofNullable(uri.getRawAuthority())).orElse("");
  }

  @Override
  public String path() {
    String path = uri.getRawPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  @Override
  public Optional<String> query() {
    return Optional.ofNullable(uri.getRawQuery());
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
