package io.espejo.config;

import io.espejo.route.Condition;
import io.espejo.route.PathRewrite;
import io.espejo.route.RouteMatch;
import io.espejo.route.TextMatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One {@code match} block: Istio's HTTPMatchRequest.
 *
 * @param name empty when it has none
 * @param port 0 for any
 * @param gateways of these one has to be played by this instance; none for any
 * @param sourceLabels this instance has to have them all
 * @param sourceNamespace empty for any
 */
record HttpMatch(
    Place place,
    String name,
    Optional<TextMatch> uri,
    Optional<TextMatch> scheme,
    Optional<TextMatch> method,
    Optional<TextMatch> authority,
    Map<String, TextMatch> headers,
    Map<String, TextMatch> withoutHeaders,
    Map<String, TextMatch> queryParams,
    boolean ignoreUriCase,
    int port,
    List<String> gateways,
    Map<String, String> sourceLabels,
    String sourceNamespace) {
  private static final Set<String> PSEUDO_HEADERS =
      Set.of(":method", ":scheme", ":authority", ":path", ":status");
  private static final String CLAIM = "@request.auth.claims";

  static HttpMatch read(Fields fields, Metadata metadata) {
    boolean ignoreUriCase = fields.take("ignoreUriCase").flatMap(Value::flag).orElse(false);
    fields.take("statPrefix").ifPresent(Value::text);
    HttpMatch match =
        new HttpMatch(
            fields.owner().place(),
            fields.take("name").flatMap(Value::text).orElse(""),
            fields.take("uri").flatMap(value -> StringMatches.readPath(value, ignoreUriCase)),
            fields.take("scheme").flatMap(StringMatches::read),
            fields.take("method").flatMap(StringMatches::read),
            fields.take("authority").flatMap(StringMatches::read),
            texts(fields, "headers", (name, value) -> header(name, value, StringMatches::read)),
            texts(
                fields,
                "withoutHeaders",
                (name, value) -> header(name, value, StringMatches::readAbsent)),
            texts(fields, "queryParams", (name, value) -> StringMatches.read(value)),
            ignoreUriCase,
            fields.take("port").flatMap(value -> value.integer(0, 65_535)).orElse(0),
            Gateways.read(fields, metadata),
            Labels.read(fields, "sourceLabels"),
            fields.text("sourceNamespace", Names::isLabel, "a DNS label").orElse(""));
    fields.end();
    return match;
  }

  private static Map<String, TextMatch> texts(
      Fields fields, String field, BiFunction<String, Value, Optional<TextMatch>> form) {
    Map<String, TextMatch> texts = new LinkedHashMap<>();
    fields
        .take(field)
        .map(Value::map)
        .orElse(Map.of())
        .forEach((name, value) -> form.apply(name, value).ifPresent(text -> texts.put(name, text)));
    return texts;
  }

  private static Optional<TextMatch> header(
      String name, Value value, Function<Value, Optional<TextMatch>> form) {
    if (name.toLowerCase(Locale.ROOT).startsWith(CLAIM)) {
      value.error("not carried out by this version");
    } else if (!PSEUDO_HEADERS.contains(name) && !Names.isToken(name)) {
      value.error("not a header's name");
    }
    return form.apply(value);
  }

  /** Whether it can hold for this instance, for requests at this port. */
  boolean holds(RulesOptions options, int listenPort) {
    if (port != 0 && port != listenPort) {
      return false;
    }
    return gateways.isEmpty()
        ? options.labels().entrySet().containsAll(sourceLabels.entrySet())
            && (sourceNamespace.isEmpty() || sourceNamespace.equals(options.namespace()))
        : gateways.stream().anyMatch(options.gateways()::contains);
  }

  /** What it asks of a request; what every request has is not asked. */
  RouteMatch compile() {
    List<Condition> conditions = new ArrayList<>();
    asked(uri).ifPresent(text -> conditions.add(new Condition.Path(text)));
    asked(method).ifPresent(text -> conditions.add(new Condition.Method(text)));
    asked(authority).ifPresent(text -> conditions.add(new Condition.Authority(text)));
    asked(scheme).ifPresent(text -> conditions.add(new Condition.Scheme(text)));
    headers.forEach((name, text) -> conditions.add(condition(name, text, false)));
    withoutHeaders.forEach(
        (name, text) ->
            conditions.add(
                new Condition.Not(condition(name, text, !text.equals(TextMatch.PRESENT)))));
    queryParams.forEach((name, text) -> conditions.add(new Condition.QueryParam(name, text)));
    return new RouteMatch(conditions);
  }

  private static Optional<TextMatch> asked(Optional<TextMatch> text) {
    return text.filter(t -> !t.equals(TextMatch.PRESENT));
  }

  private static Condition condition(String name, TextMatch text, boolean absentIsEmpty) {
    String key = name.toLowerCase(Locale.ROOT);
    return switch (key) {
      // Envoy takes Host for :authority, which is where HTTP/2 has it.
      case "host", ":authority" -> new Condition.Authority(text);
      case ":method" -> new Condition.Method(text);
      // x-forwarded-proto is ours: what a client says there is neither forwarded nor matched.
      case ":scheme", "x-forwarded-proto" -> new Condition.Scheme(text);
      case ":path" -> new Condition.Target(text);
      default -> new Condition.Header(key, text.ofValues(), absentIsEmpty);
    };
  }

  /** What puts this text in the place of what a match sees of the path. */
  static PathRewrite replacement(Optional<HttpMatch> match, String text) {
    Optional<TextMatch> uri = match.flatMap(m -> asked(m.uri()));
    if (uri.isEmpty()) {
      return new PathRewrite.Prefix(1, text); // Istio's match for all is the prefix /
    }
    return uri.get() instanceof TextMatch.Prefix prefix
        ? new PathRewrite.Prefix(prefix.value().length(), text)
        : new PathRewrite.Whole(text);
  }
}
