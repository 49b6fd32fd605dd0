package io.espejo.config;

import io.espejo.config.HttpRoute.WeightedDestination;
import io.espejo.route.HeaderEdits;
import io.espejo.route.RetryPolicy;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a route cannot say when the application itself may answer: a filter in it gets the request
 * as the container reads it, once.
 */
final class InPlaceRules {
  private final LocalService local;
  private final Map<String, Service> services;
  private final Report report;

  InPlaceRules(LocalService local, Map<String, Service> services, Report report) {
    this.local = local;
    this.services = services;
    this.report = report;
  }

  void check(List<HttpRoute> routes) {
    for (HttpRoute route : routes) {
      for (WeightedDestination destination : route.destinations()) {
        checkReturn(destination.destination());
      }
      if (route.destinations().stream().anyMatch(d -> local.is(d.destination()))) {
        check(route);
      }
    }
  }

  /** A request to all of the service would come back here, again and again. */
  private void checkReturn(Destination destination) {
    Service service = services.get(local.host());
    if (!local.subset().isEmpty()
        && destination.fullHost().equals(local.host())
        && destination.subset().isEmpty()
        && (service == null || service.hasEndpointOf(local.subset()))) {
      report.error(
          destination.host().place(),
          destination.host().name()
              + " as a whole has this application in it (expected: a subset, as in "
              + local
              + ")");
    }
  }

  private void check(HttpRoute route) {
    refuse(route, route.rewrite().isPresent(), "rewrite");
    refuse(route, route.timeout().isPresent(), "timeout");
    refuse(route, route.retries().map(RetryPolicy::attempts).orElse(0) > 0, "retries");
    refuse(route, route.faults().flatMap(faults -> faults.delay()).isPresent(), "fault.delay");
    refuse(route, edits(route).anyMatch(e -> !e.authority().isEmpty()), "another authority");
    refuse(
        route,
        edits(route).anyMatch(e -> e.response().readsAnswer()),
        "%RESP(...)% in headers of the answer");
  }

  private static Stream<HeaderEdits> edits(HttpRoute route) {
    return Stream.concat(
        route.headers().stream(), route.destinations().stream().map(WeightedDestination::edits));
  }

  private void refuse(HttpRoute route, boolean said, String what) {
    if (said) {
      report.error(
          route.place(),
          what + " is not carried out where the application answers itself (" + local + ")");
    }
  }
}
