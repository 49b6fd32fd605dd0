package io.espejo.config;

import io.espejo.route.CorsPolicy;
import io.espejo.route.Faults;
import io.espejo.route.HeaderEdits;
import io.espejo.route.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One entry of {@code http}: Istio's HTTPRoute.
 *
 * @param origins where it stands: in its VirtualService, and if that is a delegate, before that
 *     where the root delegates
 * @param name empty when it has none
 * @param matches none at all means that every request matches
 * @param delegate whose routes stand in the place of this one
 */
record HttpRoute(
    Place place,
    List<Origin> origins,
    String name,
    List<HttpMatch> matches,
    List<WeightedDestination> destinations,
    Optional<RedirectRule> redirect,
    Optional<DirectRule> directResponse,
    Optional<Delegate> delegate,
    Optional<RewriteRule> rewrite,
    Optional<HeaderEdits> headers,
    Optional<CorsPolicy> cors,
    MirrorRules mirrors,
    Optional<Duration> timeout,
    Optional<RetryPolicy> retries,
    Optional<Faults> faults) {

  /**
   * A route as it was written.
   *
   * @param virtualService with its namespace
   * @param name empty when it has none
   */
  record Origin(String virtualService, String name) {}

  /** One entry of {@code route}. */
  record WeightedDestination(Destination destination, int weight, HeaderEdits edits) {}

  /** The VirtualService that goes on where a route ends. */
  record Delegate(Place place, String namespace, String name) {
    @Override
    public String toString() {
      return namespace + "/" + name;
    }
  }

  /**
   * Reads one.
   *
   * @param inDelegate whether its VirtualService has no hosts, and others delegate to it
   */
  static HttpRoute read(Fields fields, Metadata metadata, boolean inDelegate) {
    checkActions(fields, inDelegate);
    if (fields.hasAny("redirect", "directResponse")) {
      fields.warn("nothing is mirrored of what is answered here", "mirror", "mirrors");
    }
    List<HttpMatch> matches = new ArrayList<>();
    for (Value value : fields.list("match")) {
      value.fields().map(match -> HttpMatch.read(match, metadata)).ifPresent(matches::add);
    }
    String name = fields.take("name").flatMap(Value::text).orElse("");
    HttpRoute route =
        new HttpRoute(
            fields.owner().place(),
            List.of(new Origin(metadata.qualifiedName(), name)),
            name,
            matches,
            readDestinations(fields, metadata),
            RedirectRule.read(fields, matches),
            DirectRule.read(fields),
            fields.take("delegate").flatMap(value -> readDelegate(value, metadata)),
            RewriteRule.read(fields),
            HeaderReader.read(fields),
            CorsReader.read(fields),
            MirrorRules.read(fields, metadata),
            fields.take("timeout").flatMap(Durations::read),
            RetriesReader.read(fields),
            FaultReader.read(fields));
    if (route.rewrite().filter(rewrite -> !rewrite.authority().isEmpty()).isPresent()
        && route.headers().filter(edits -> !edits.authority().isEmpty()).isPresent()) {
      fields.owner().error("the authority is set by rewrite and by headers (expected: once)");
    }
    fields.end();
    return route;
  }

  /** What may not stand beside each other. */
  private static void checkActions(Fields fields, boolean inDelegate) {
    boolean delegate = fields.hasAny("delegate");
    if (delegate && inDelegate) {
      fields.owner().error("a delegate in a delegate");
    } else if (delegate) {
      conflict(fields, "delegate", "redirect", "route");
    } else if (fields.hasAny("redirect")) {
      conflict(fields, "redirect", "directResponse", "route", "fault", "rewrite");
    } else if (fields.hasAny("directResponse")) {
      conflict(fields, "directResponse", "route", "fault", "rewrite");
    } else if (!fields.hasAny("route")) {
      fields.missing("route", "route, redirect, directResponse or delegate");
    }
  }

  private static void conflict(Fields fields, String field, String... others) {
    for (String other : others) {
      if (fields.hasAny(other)) {
        fields.owner().error(other + " beside " + field + " (expected: one of them)");
      }
    }
  }

  private static List<WeightedDestination> readDestinations(Fields fields, Metadata metadata) {
    List<WeightedDestination> destinations = new ArrayList<>();
    Optional<Value> route = fields.take("route");
    List<Value> values = route.map(Value::list).orElse(List.of());
    long sum = 0;
    for (Value value : values) {
      Optional<WeightedDestination> destination =
          value.fields().flatMap(entry -> weighted(entry, metadata));
      destination.ifPresent(destinations::add);
      sum += destination.map(WeightedDestination::weight).orElse(1);
    }
    if (values.size() > 1 && sum == 0) {
      route.ifPresent(value -> value.error("weights that add up to 0 (expected: more than 0)"));
    }
    return destinations;
  }

  private static Optional<WeightedDestination> weighted(Fields fields, Metadata metadata) {
    Optional<Destination> destination =
        fields.need("destination", "a host").flatMap(value -> Destination.read(value, metadata));
    int weight =
        fields.take("weight").flatMap(value -> value.integer(0, Integer.MAX_VALUE)).orElse(0);
    HeaderEdits edits = HeaderReader.readOfDestination(fields).orElse(HeaderEdits.NONE);
    fields.end();
    return destination.map(d -> new WeightedDestination(d, weight, edits));
  }

  private static Optional<Delegate> readDelegate(Value value, Metadata metadata) {
    Optional<Fields> fields = value.fields();
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    String name =
        fields.get().text("name", Names::isObjectName, "a lower-case DNS name").orElse("");
    String namespace =
        fields.get().text("namespace", Names::isLabel, "a DNS label").orElse(metadata.namespace());
    fields.get().end();
    return Optional.of(new Delegate(value.place(), namespace, name));
  }
}
