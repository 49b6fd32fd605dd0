package io.espejo.config;

import io.espejo.config.VirtualService.HttpMatch;
import io.espejo.config.VirtualService.HttpRoute;
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

  private static final RouteMatch EVERYTHING = new RouteMatch(List.of());

  private Unreachable() {}

  static void check(List<HttpRoute> routes, Report report) {
    List<HttpMatch> earlier = new ArrayList<>();
    for (HttpRoute route : routes) {
      List<HttpMatch> matches =
          route.matches().isEmpty()
              ? List.of(new HttpMatch(route.place(), EVERYTHING))
              : route.matches();
      if (earlier.size() + matches.size() > MAX_MATCHES) {
        return;
      }
      for (HttpMatch match : matches) {
        earlier.stream()
            .filter(candidate -> covers(candidate.match(), match.match()))
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
