package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import java.util.List;

/**
 * One {@code match} block: it accepts a request that meets all of its conditions.
 *
 * @param conditions none at all accepts every request
 */
public record RouteMatch(List<Condition> conditions) {
  /** No condition at all. */
  public static final RouteMatch EVERYTHING = new RouteMatch(List.of());

  public RouteMatch {
    conditions = List.copyOf(conditions);
  }

  boolean accepts(DownstreamRequest request, String path) {
    for (int i = 0; i < conditions.size(); i++) {
      if (!conditions.get(i).holds(request, path)) {
        return false;
      }
    }
    return true;
  }
}
