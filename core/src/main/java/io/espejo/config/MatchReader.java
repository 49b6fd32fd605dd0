package io.espejo.config;

import io.espejo.route.Condition;
import io.espejo.route.RouteMatch;
import io.espejo.route.TextMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Reading of a {@code match} block. */
final class MatchReader {
  private static final Set<String> OTHER_PSEUDO_HEADERS = Set.of(":path", ":scheme", ":status");

  private MatchReader() {}

  static RouteMatch read(Fields fields) {
    List<Condition> conditions = new ArrayList<>();
    boolean ignoreUriCase = fields.take("ignoreUriCase").flatMap(Value::flag).orElse(false);
    constraint(fields, "uri", ignoreUriCase, true)
        .ifPresent(text -> conditions.add(new Condition.Path(text)));
    constraint(fields, "method", false, false)
        .ifPresent(text -> conditions.add(new Condition.Method(text)));
    constraint(fields, "authority", false, false)
        .ifPresent(text -> conditions.add(new Condition.Authority(text)));
    fields
        .take("headers")
        .ifPresent(
            value ->
                value.map().forEach((name, text) -> header(name, text).ifPresent(conditions::add)));
    fields
        .take("queryParams")
        .ifPresent(
            value ->
                value
                    .map()
                    .forEach(
                        (name, text) ->
                            text(text, false, false)
                                .ifPresent(
                                    t -> conditions.add(new Condition.QueryParam(name, t)))));
    fields.notCarriedOut(
        "name",
        "scheme",
        "port",
        "sourceLabels",
        "gateways",
        "withoutHeaders",
        "sourceNamespace",
        "statPrefix");
    fields.end();
    return new RouteMatch(conditions);
  }

  private static Optional<Condition> header(String name, Value value) {
    String key = name.toLowerCase(Locale.ROOT);
    if (OTHER_PSEUDO_HEADERS.contains(key) || key.startsWith("@request.auth.claims")) {
      value.error("not carried out by this version");
      return Optional.empty();
    }
    // Envoy takes Host for :authority, which is where HTTP/2 has it.
    boolean authority = key.equals("host") || key.equals(":authority");
    boolean method = key.equals(":method");
    if (!authority && !method && !Names.isToken(key)) {
      value.error("not a header's name");
    }
    return text(value, false, false)
        .map(
            text ->
                authority
                    ? new Condition.Authority(text)
                    : method ? new Condition.Method(text) : new Condition.Header(key, text));
  }

  /** What a field asks for; empty when it is there always, and the field asks for that only. */
  private static Optional<TextMatch> constraint(
      Fields fields, String name, boolean ignoreCase, boolean emptyPrefix) {
    return fields
        .take(name)
        .flatMap(value -> text(value, ignoreCase, emptyPrefix))
        .filter(text -> !text.equals(TextMatch.PRESENT));
  }

  private static Optional<TextMatch> text(Value value, boolean ignoreCase, boolean emptyPrefix) {
    return value.fields().flatMap(fields -> text(fields, ignoreCase, emptyPrefix));
  }

  private static Optional<TextMatch> text(Fields fields, boolean ignoreCase, boolean emptyPrefix) {
    Optional<Value> exact = fields.take("exact");
    Optional<Value> prefix = fields.take("prefix");
    Optional<Value> regex = fields.take("regex");
    fields.end();
    if (List.of(exact, prefix, regex).stream().filter(Optional::isPresent).count() > 1) {
      fields.owner().error("more than one of exact, prefix and regex (expected: one)");
      return Optional.empty();
    }
    if (exact.isPresent()) {
      return exact.flatMap(Value::text).map(text -> new TextMatch.Exact(text, ignoreCase));
    }
    if (prefix.isPresent()) {
      Optional<String> text = prefix.flatMap(Value::text);
      if (!emptyPrefix && text.filter(String::isEmpty).isPresent()) {
        prefix.get().refuse("a prefix that is not empty");
      }
      return text.map(t -> new TextMatch.Prefix(t, ignoreCase));
    }
    return regex.isPresent() ? regex(regex.get()) : Optional.of(TextMatch.PRESENT);
  }

  private static Optional<TextMatch> regex(Value value) {
    Optional<String> text = value.text();
    try {
      return text.map(TextMatch::regex);
    } catch (IllegalArgumentException e) {
      value.refuse("a regular expression in RE2's syntax; " + e.getMessage());
      return Optional.empty();
    }
  }
}
