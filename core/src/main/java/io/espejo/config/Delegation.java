package io.espejo.config;

import io.espejo.config.HttpRoute.Delegate;
import io.espejo.route.TextMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Puts the routes of delegates in the place of those that delegate to them, as Istio does: a match
 * of the delegate has to lie inside one of the root's, and what the delegate says goes before what
 * the root says.
 */
final class Delegation {
  /** Those without hosts, by namespace and name. */
  private final Map<String, VirtualService> delegates = new HashMap<>();

  private final Report report;

  Delegation(List<VirtualService> virtualServices, Report report) {
    this.report = report;
    for (VirtualService virtualService : virtualServices) {
      if (virtualService.hosts().isEmpty()) {
        delegates.put(virtualService.metadata().qualifiedName(), virtualService);
      }
    }
  }

  /** The routes of a VirtualService that has hosts. */
  List<HttpRoute> routes(VirtualService root) {
    List<HttpRoute> routes = new ArrayList<>();
    for (HttpRoute route : root.http()) {
      if (route.delegate().isEmpty()) {
        routes.add(route);
      } else {
        addMerged(root, route, route.delegate().get(), routes);
      }
    }
    return routes;
  }

  private void addMerged(
      VirtualService root, HttpRoute route, Delegate named, List<HttpRoute> routes) {
    VirtualService delegate = delegates.get(named.toString());
    if (delegate == null) {
      report.warn(named.place(), named + " is no VirtualService without hosts, and is left out");
      return;
    }
    if (!delegate.exports().reach(root.metadata().namespace())) {
      report.warn(named.place(), named + " is not exported to here, and is left out");
      return;
    }
    for (HttpRoute further : delegate.http()) {
      report.count(named.place());
      List<HttpMatch> matches = matches(route, further);
      if (matches.isEmpty() && !(route.matches().isEmpty() && further.matches().isEmpty())) {
        report.warn(
            further.place(), "lies outside of " + route.place().path() + ", and is left out");
      } else {
        routes.add(merged(route, further, matches));
      }
    }
  }

  private static HttpRoute merged(HttpRoute root, HttpRoute further, List<HttpMatch> matches) {
    return new HttpRoute(
        further.place(),
        Stream.concat(root.origins().stream(), further.origins().stream()).toList(),
        joined(root.name(), further.name()),
        matches,
        further.destinations(),
        further.redirect(),
        further.directResponse().or(root::directResponse),
        Optional.empty(),
        further.rewrite().or(root::rewrite),
        further.headers().or(root::headers),
        further.cors().or(root::cors),
        further.mirrors().or(root.mirrors()),
        further.timeout().or(root::timeout),
        further.retries().or(root::retries),
        further.faults().or(root::faults));
  }

  private static String joined(String root, String name) {
    return root.isEmpty() ? name : name.isEmpty() ? root : root + "-" + name;
  }

  /** None when some match of the delegate lies in none of the root's. */
  private List<HttpMatch> matches(HttpRoute root, HttpRoute further) {
    if (root.matches().isEmpty()) {
      return further.matches();
    }
    if (further.matches().isEmpty()) {
      return root.matches();
    }
    List<HttpMatch> merged = new ArrayList<>();
    for (HttpMatch inner : further.matches()) {
      int before = merged.size();
      for (HttpMatch outer : root.matches()) {
        report.count(inner.place());
        if (!conflict(outer, inner)) {
          merged.add(merged(outer, inner));
        }
      }
      if (merged.size() == before) {
        return List.of();
      }
    }
    return merged;
  }

  private static HttpMatch merged(HttpMatch outer, HttpMatch inner) {
    return new HttpMatch(
        inner.place(),
        joined(outer.name(), inner.name()),
        inner.uri().or(outer::uri),
        inner.scheme().or(outer::scheme),
        inner.method().or(outer::method),
        inner.authority().or(outer::authority),
        joined(outer.headers(), inner.headers()),
        joined(outer.withoutHeaders(), inner.withoutHeaders()),
        joined(outer.queryParams(), inner.queryParams()),
        inner.ignoreUriCase(),
        inner.port() == 0 ? outer.port() : inner.port(),
        inner.gateways().isEmpty() ? outer.gateways() : inner.gateways(),
        joined(outer.sourceLabels(), inner.sourceLabels()),
        inner.sourceNamespace().isEmpty() ? outer.sourceNamespace() : inner.sourceNamespace());
  }

  private static <T> Map<String, T> joined(Map<String, T> outer, Map<String, T> inner) {
    Map<String, T> joined = new LinkedHashMap<>(outer);
    joined.putAll(inner);
    return joined;
  }

  private static boolean conflict(HttpMatch outer, HttpMatch inner) {
    return conflict(outer.uri(), inner.uri())
        || conflict(outer.scheme(), inner.scheme())
        || conflict(outer.method(), inner.method())
        || conflict(outer.authority(), inner.authority())
        || conflict(outer.headers(), inner.headers())
        || conflict(outer.withoutHeaders(), inner.withoutHeaders())
        || conflict(outer.queryParams(), inner.queryParams())
        || outer.ignoreUriCase() != inner.ignoreUriCase()
        || (outer.port() != 0 && inner.port() != 0 && outer.port() != inner.port())
        || (!outer.sourceNamespace().isEmpty()
            && !outer.sourceNamespace().equals(inner.sourceNamespace()))
        || inner.sourceLabels().entrySet().stream()
            .anyMatch(
                label ->
                    !Objects.equals(
                        outer.sourceLabels().getOrDefault(label.getKey(), label.getValue()),
                        label.getValue()))
        || (!outer.gateways().isEmpty() && !outer.gateways().containsAll(inner.gateways()));
  }

  private static boolean conflict(Map<String, TextMatch> outer, Map<String, TextMatch> inner) {
    return inner.entrySet().stream()
        .anyMatch(
            text ->
                outer.containsKey(text.getKey())
                    && conflict(
                        Optional.ofNullable(outer.get(text.getKey())),
                        Optional.of(text.getValue())));
  }

  /** Whether what the inner one accepts cannot be told to lie inside what the outer one accepts. */
  private static boolean conflict(Optional<TextMatch> outer, Optional<TextMatch> inner) {
    if (outer.isEmpty() || inner.isEmpty()) {
      return false;
    }
    if (outer.get() instanceof TextMatch.Exact one && !one.value().isEmpty()) {
      return !(inner.get() instanceof TextMatch.Exact other) || !one.value().equals(other.value());
    }
    if (outer.get() instanceof TextMatch.Prefix prefix && !prefix.value().isEmpty()) {
      String begin =
          inner.get() instanceof TextMatch.Exact exact
              ? exact.value()
              : inner.get() instanceof TextMatch.Prefix other ? other.value() : "";
      return !begin.startsWith(prefix.value());
    }
    return true;
  }
}
