package io.espejo.config;

import io.espejo.route.Condition;
import io.espejo.route.RouteMatch;
import io.espejo.route.TextMatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds routes and matches that never see a request, because an earlier route takes all of theirs.
 */
final class Unreachable {
  /** Every match is held against all earlier ones: beyond this many, the rest goes unchecked. */
  private static final int MAX_MATCHES = 2_000;

  private Unreachable() {}

  /**
   * A match and where it stands.
   *
   * @param always whether it holds for every instance, and whatever a delegate says
   */
  private record PlacedMatch(Place place, RouteMatch match, boolean always) {
    static PlacedMatch of(HttpRoute route, HttpMatch match) {
      boolean always =
          route.delegate().isEmpty()
              && match.port() == 0
              && match.gateways().isEmpty()
              && match.sourceLabels().isEmpty()
              && match.sourceNamespace().isEmpty();
      return new PlacedMatch(match.place(), match.compile(), always);
    }
  }

  static void check(List<HttpRoute> routes, Report report) {
    List<PlacedMatch> earlier = new ArrayList<>();
    for (HttpRoute route : routes) {
      List<PlacedMatch> matches =
          route.matches().isEmpty()
              ? List.of(
                  new PlacedMatch(route.place(), RouteMatch.EVERYTHING, route.delegate().isEmpty()))
              : route.matches().stream().map(match -> PlacedMatch.of(route, match)).toList();
      if (earlier.size() + matches.size() > MAX_MATCHES) {
        return;
      }
      for (PlacedMatch match : matches) {
        earlier.stream()
            .filter(candidate -> candidate.always() && covers(candidate.match(), match.match()))
            .findFirst()
            .ifPresent(
                first ->
                    report.warn(
                        match.place(), "unreachable, " + first.place().path() + " comes first"));
      }
      earlier.addAll(matches);
    }
  }

  private static boolean covers(RouteMatch earlier, RouteMatch later) {
    return earlier.conditions().stream()
        .allMatch(
            condition ->
                alwaysHolds(condition)
                    || later.conditions().stream()
                        .anyMatch(narrower -> implies(narrower, condition)));
  }

  private static boolean alwaysHolds(Condition condition) {
    // Every path begins with a slash.
    return condition instanceof Condition.Path path
        && path.text() instanceof TextMatch.Prefix prefix
        && "/".startsWith(prefix.value());
  }

  private static boolean implies(Condition narrower, Condition wider) {
    if (narrower.equals(wider)) {
      return true;
    }
    if (narrower instanceof Condition.Path one && wider instanceof Condition.Path other) {
      return implies(one.text(), other.text());
    }
    if (narrower instanceof Condition.Header one && wider instanceof Condition.Header other) {
      return one.name().equals(other.name()) && implies(one.text(), other.text());
    }
    return narrower instanceof Condition.QueryParam one
        && wider instanceof Condition.QueryParam other
        && one.name().equals(other.name())
        && implies(one.text(), other.text());
  }

  private static boolean implies(TextMatch narrower, TextMatch wider) {
    if (narrower.equals(wider) || wider.equals(TextMatch.PRESENT)) {
      return true;
    }
    if (!(wider instanceof TextMatch.Prefix prefix)) {
      return false;
    }
    return narrower instanceof TextMatch.Exact one
        ? (prefix.ignoreCase() || !one.ignoreCase()) && prefix.accepts(one.value())
        : narrower instanceof TextMatch.Prefix other
            && (prefix.ignoreCase() || !other.ignoreCase())
            && prefix.accepts(other.value());
  }
}
