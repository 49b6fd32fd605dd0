package io.espejo.config;

import io.espejo.config.Hosts.Host;
import io.espejo.route.RouteMatch;
import io.espejo.route.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Istio's VirtualService: how the requests for some hosts are routed. */
record VirtualService(Metadata metadata, List<Host> hosts, List<HttpRoute> http)
    implements Document {

  /**
   * One entry of {@code http}.
   *
   * @param name empty when it has none
   * @param matches none at all means that every request matches
   * @param mirrors what any of the mirror fields asks for
   */
  record HttpRoute(
      Place place,
      String name,
      List<HttpMatch> matches,
      List<WeightedDestination> destinations,
      List<MirrorRule> mirrors) {}

  /** One {@code match} block; it means the same wherever it stands. */
  record HttpMatch(Place place, RouteMatch match) {}

  /** One entry of {@code route}. */
  record WeightedDestination(Destination destination, int weight) {}

  /** A mirror with its share. */
  record MirrorRule(Destination destination, Share share) {}

  static VirtualService read(Metadata metadata, Fields spec) {
    List<Host> hosts =
        Hosts.readList(
            spec, "a DNS name or IP address", h -> Names.isHost(h) || Names.isAddress(h));
    List<HttpRoute> http = new ArrayList<>();
    Optional<Value> list = spec.need("http", "at least one route");
    for (Value value : list.map(Value::list).orElse(List.of())) {
      value.fields().map(VirtualService::readRoute).ifPresent(http::add);
    }
    list.filter(Value::isEmptyList)
        .ifPresent(value -> value.error("no route (expected: at least one route)"));
    spec.notCarriedOut("gateways", "tls", "tcp", "exportTo");
    spec.end();
    return new VirtualService(metadata, hosts, http);
  }

  private static HttpRoute readRoute(Fields fields) {
    String name = fields.take("name").flatMap(Value::text).orElse("");
    List<HttpMatch> matches = new ArrayList<>();
    for (Value value : fields.list("match")) {
      value
          .fields()
          .map(MatchReader::read)
          .ifPresent(match -> matches.add(new HttpMatch(value.place(), match)));
    }
    List<WeightedDestination> destinations = readDestinations(fields);
    List<MirrorRule> mirrors = MirrorReader.read(fields);
    fields.notCarriedOut(
        "redirect",
        "directResponse",
        "delegate",
        "rewrite",
        "timeout",
        "retries",
        "fault",
        "corsPolicy",
        "headers");
    fields.end();
    return new HttpRoute(fields.owner().place(), name, matches, destinations, mirrors);
  }

  private static List<WeightedDestination> readDestinations(Fields fields) {
    List<WeightedDestination> destinations = new ArrayList<>();
    Optional<Value> route = fields.take("route");
    List<Value> values = route.map(Value::list).orElse(List.of());
    if (values.isEmpty() && !fields.hasAny("redirect", "directResponse", "delegate")) {
      fields.missing("route", "at least one destination");
    }
    long sum = 0;
    for (Value value : values) {
      Optional<WeightedDestination> destination = value.fields().flatMap(VirtualService::weighted);
      destination.ifPresent(destinations::add);
      sum += destination.map(WeightedDestination::weight).orElse(1);
    }
    if (values.size() > 1 && sum == 0) {
      route.ifPresent(value -> value.error("weights that add up to 0 (expected: more than 0)"));
    }
    return destinations;
  }

  private static Optional<WeightedDestination> weighted(Fields fields) {
    Optional<Destination> destination =
        fields.need("destination", "a host").flatMap(Destination::read);
    int weight =
        fields.take("weight").flatMap(value -> value.integer(0, Integer.MAX_VALUE)).orElse(0);
    fields.notCarriedOut("headers");
    fields.end();
    return destination.map(d -> new WeightedDestination(d, weight));
  }
}
