package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.List;
import java.util.Optional;

/**
 * What is done with the requests that any of its matches accepts.
 *
 * @param name for logs and counters
 * @param matches alternatives; none at all means that every request matches
 * @param faults what goes wrong before that
 * @param cors which pages of other origins may use it; empty: nobody asks
 */
public record Route(
    String name,
    List<RouteMatch> matches,
    Action action,
    Faults faults,
    Optional<CorsPolicy> cors) {
  public Route {
    matches = List.copyOf(matches);
  }

  /** A route without faults and without a policy for other origins. */
  public Route(String name, List<RouteMatch> matches, Action action) {
    this(name, matches, action, Faults.NONE, Optional.empty());
  }

  /** Whether an application that is v1 answers each of its requests as if there were no route. */
  public boolean leavesAlone() {
    return cors.isEmpty()
        && faults.equals(Faults.NONE)
        && action instanceof Forward forward
        && forward.leavesAlone();
  }

  /** The answer to a browser that asks whether a page of another origin may use it. */
  public Optional<Headers> preflight(DownstreamRequest request) {
    return cors.flatMap(policy -> policy.preflight(request));
  }
}
