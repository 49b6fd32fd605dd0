package io.espejo.config;

import io.espejo.route.RequestKey;
import io.espejo.route.ShadowHost;
import io.espejo.route.ShadowRules;
import io.espejo.route.ShadowRules.Limits;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reading of what a MirrorPolicy says of copies. */
final class ShadowRulesReader {
  private static final Pattern SUFFIX = Pattern.compile("[-A-Za-z0-9._]{1,63}");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:\\[([^\\]]*)\\]|([^\\[\\]:]*))(?::(\\d{1,5}))?");

  /** As RFC 3339 has it. */
  private static final Pattern INSTANT =
      Pattern.compile(
          "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[-+]\\d\\d:\\d\\d)");

  private ShadowRulesReader() {}

  static ShadowRules read(String policy, Fields spec) {
    return new ShadowRules(
        policy,
        spec.take("host")
            .flatMap(Value::fields)
            .flatMap(ShadowRulesReader::host)
            .orElse(ShadowHost.ISTIO),
        HeaderReader.readShadow(spec),
        spec.take("methods").map(ShadowRulesReader::methods).orElse(Set.of()),
        spec.take("timeout").flatMap(Durations::read),
        spec.take("sample").flatMap(Value::fields).flatMap(ShadowRulesReader::sample),
        spec.take("expires").flatMap(ShadowRulesReader::instant),
        spec.take("limits")
            .flatMap(Value::fields)
            .map(ShadowRulesReader::limits)
            .orElse(Limits.NONE));
  }

  private static Optional<ShadowHost> host(Fields fields) {
    return one(fields, "suffix", "preserve", "literal")
        .flatMap(field -> host(field.getKey(), field.getValue()));
  }

  private static Optional<ShadowHost> host(String field, Value value) {
    return switch (field) {
      case "suffix" ->
          form(value, SUFFIX.asMatchPredicate(), "1 to 63 letters, digits, -, _ or .")
              .map(ShadowHost.Suffix::new);
      case "literal" ->
          form(value, ShadowRulesReader::isAuthority, "a DNS name or IP address, and a port")
              .map(ShadowHost.Literal::new);
      default -> {
        if (!value.flag().orElse(true)) {
          value.refuse("true");
        }
        yield Optional.of(new ShadowHost.Preserved());
      }
    };
  }

  private static boolean isAuthority(String text) {
    Matcher matcher = AUTHORITY.matcher(text);
    if (!matcher.matches()) {
      return false;
    }
    String port = matcher.group(3);
    String literal = matcher.group(1);
    String name = matcher.group(2);
    return (port == null || (Integer.parseInt(port) > 0 && Integer.parseInt(port) <= 65_535))
        && (literal != null
            ? literal.indexOf(':') >= 0 && Names.isAddress(literal)
            : name != null
                && !name.startsWith("*")
                && (Names.isHost(name) || Names.isAddress(name)));
  }

  private static Set<String> methods(Value list) {
    Set<String> methods = new LinkedHashSet<>();
    for (Value value : list.list()) {
      Optional<String> method = form(value, Names::isToken, "a method");
      method.ifPresent(methods::add);
      if (method.filter(name -> !name.equals(name.toUpperCase(Locale.ROOT))).isPresent()) {
        value.warn(value.shown() + " is not " + value.shown().toUpperCase(Locale.ROOT));
      }
    }
    if (list.isEmptyList()) {
      list.error("no method (expected: at least one method)");
    }
    return methods;
  }

  private static Optional<RequestKey> sample(Fields fields) {
    Optional<Fields> by = fields.need("by", "what decides the share").flatMap(Value::fields);
    fields.end();
    return by.flatMap(keys -> one(keys, "header", "cookie", "queryParameter"))
        .flatMap(field -> key(field.getKey(), field.getValue()));
  }

  private static Optional<RequestKey> key(String field, Value value) {
    return switch (field) {
      case "header" -> form(value, Names::isToken, "a header's name").map(RequestKey.Header::new);
      case "cookie" -> form(value, Names::isToken, "a cookie's name").map(RequestKey.Cookie::new);
      default ->
          form(value, name -> !name.isEmpty(), "a parameter's name")
              .map(RequestKey.QueryParameter::new);
    };
  }

  private static Optional<Instant> instant(Value value) {
    Optional<String> text = value.text();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      if (INSTANT.matcher(text.get()).matches()) {
        Instant instant = OffsetDateTime.parse(text.get()).toInstant();
        if (!Instant.now().isBefore(instant)) {
          value.warn(text.get() + " is past, so the mirrors of this policy send nothing");
        }
        return Optional.of(instant);
      }
    } catch (DateTimeException noSuchDay) {
      // refused below
    }
    value.refuse("a time with its offset, such as 2027-01-31T18:00:00Z");
    return Optional.empty();
  }

  private static Limits limits(Fields fields) {
    Optional<Long> maxInFlight = limit(fields, "maxInFlight", Integer.MAX_VALUE);
    Limits limits =
        new Limits(
            maxInFlight.map(n -> OptionalInt.of(n.intValue())).orElse(OptionalInt.empty()),
            limit(fields, "maxLagBytes", Long.MAX_VALUE)
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty()),
            limit(fields, "maxBodyBytes", Long.MAX_VALUE)
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty()));
    fields.end();
    return limits;
  }

  private static Optional<Long> limit(Fields fields, String name, long max) {
    return fields.take(name).flatMap(value -> value.whole(1, max));
  }

  /** A text of this form. */
  static Optional<String> form(Value value, Predicate<String> form, String expected) {
    Optional<String> text = value.text();
    if (text.filter(form.negate()).isPresent()) {
      value.refuse(expected);
      return Optional.empty();
    }
    return text;
  }

  /** The only one of these fields that is there; none if it is not one. */
  private static Optional<Map.Entry<String, Value>> one(Fields fields, String... names) {
    Map<String, Value> found = new LinkedHashMap<>();
    for (String name : names) {
      fields.take(name).ifPresent(value -> found.put(name, value));
    }
    fields.end();
    if (found.size() != 1) {
      fields
          .owner()
          .error(
              (found.isEmpty() ? "nothing is said" : String.join(" beside ", found.keySet()))
                  + " (expected: one of "
                  + String.join(", ", List.of(names))
                  + ")");
      return Optional.empty();
    }
    return found.entrySet().stream().findFirst();
  }
}
