package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.HeaderLines;
import io.espejo.exchange.Headers;
import java.util.List;
import java.util.Optional;

/**
 * Which pages of other origins may use a route, as Envoy's cors filter has it.
 *
 * @param allowOrigins tested against {@code Origin}; one that accepts {@code *} stands for all
 * @param allowMethods a header's value, empty for none; likewise the next three; of this and the
 *     next one {@code *} stands for what the preflight asks for
 * @param forwardUnmatchedPreflights whether v1 is asked on behalf of an origin that is not allowed
 */
public record CorsPolicy(
    List<TextMatch> allowOrigins,
    String allowMethods,
    String allowHeaders,
    String exposeHeaders,
    String maxAge,
    boolean allowCredentials,
    boolean forwardUnmatchedPreflights) {
  public CorsPolicy {
    allowOrigins = List.copyOf(allowOrigins);
  }

  /** The headers of the answer with 200, if this is a preflight that is answered here. */
  public Optional<Headers> preflight(DownstreamRequest request) {
    Optional<String> origin = origin(request);
    String asked = request.headers().joined("access-control-request-method").orElse("");
    if (origin.isEmpty() || !request.method().equals("OPTIONS") || asked.isEmpty()) {
      return Optional.empty();
    }
    Headers.Builder headers = Headers.builder();
    if (allows(origin.get())) {
      allow(origin.get(), headers);
      setIfAny(
          headers, "access-control-allow-methods", allowMethods.equals("*") ? asked : allowMethods);
      setIfAny(
          headers,
          "access-control-allow-headers",
          allowHeaders.equals("*")
              ? request.headers().joined("access-control-request-headers").orElse("")
              : allowHeaders);
      setIfAny(headers, "access-control-max-age", maxAge);
    } else if (forwardUnmatchedPreflights) {
      return Optional.empty();
    }
    return Optional.of(headers.build());
  }

  /** The origin that has to be named in the answer to this request. */
  public Optional<String> allowedOrigin(DownstreamRequest request) {
    return origin(request).filter(this::allows);
  }

  /** Puts into an answer what lets a page of this origin read it. */
  public void allow(String origin, HeaderLines answer) {
    answer.set("access-control-allow-origin", origin);
    setIfAny(answer, "access-control-allow-credentials", allowCredentials ? "true" : "");
    setIfAny(answer, "access-control-expose-headers", exposeHeaders);
  }

  private static Optional<String> origin(DownstreamRequest request) {
    return request.headers().joined("origin").filter(origin -> !origin.isEmpty());
  }

  private boolean allows(String origin) {
    return allowOrigins.stream().anyMatch(text -> text.accepts("*") || text.accepts(origin));
  }

  private static void setIfAny(HeaderLines lines, String name, String value) {
    if (!value.isEmpty()) {
      lines.set(name, value);
    }
  }
}
