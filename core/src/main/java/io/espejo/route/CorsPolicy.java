package io.espejo.route;

import java.util.List;

/**
 * Which pages of other origins may use a route, as Envoy's cors filter has it.
 *
 * @param allowOrigins tested against {@code Origin}
 */
public record CorsPolicy(List<TextMatch> allowOrigins) {
  public CorsPolicy {
    allowOrigins = List.copyOf(allowOrigins);
  }
}
