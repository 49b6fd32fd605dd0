package io.espejo.config;

import io.espejo.route.CorsPolicy;
import io.espejo.route.TextMatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Reading of {@code corsPolicy}. */
final class CorsReader {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*");
  private static final Set<String> UNMATCHED = Set.of("UNSPECIFIED", "FORWARD", "IGNORE");

  private CorsReader() {}

  static Optional<CorsPolicy> read(Fields owner) {
    return owner.take("corsPolicy").flatMap(Value::fields).map(CorsReader::of);
  }

  private static CorsPolicy of(Fields fields) {
    CorsPolicy policy =
        new CorsPolicy(
            origins(fields),
            joined(fields, "allowMethods", METHODS::contains, "a method"),
            joined(fields, "allowHeaders", Names::isToken, "a header's name"),
            joined(fields, "exposeHeaders", Names::isToken, "a header's name"),
            fields.take("maxAge").flatMap(CorsReader::seconds).orElse(""),
            fields.take("allowCredentials").flatMap(Value::flag).orElse(false),
            fields
                .take("unmatchedPreflights")
                .flatMap(value -> Words.read(value, UNMATCHED))
                .filter("IGNORE"::equals)
                .isEmpty());
    fields.end();
    return policy;
  }

  /** {@code allowOrigin} is deprecated, and beaten by {@code allowOrigins}. */
  private static List<TextMatch> origins(Fields fields) {
    List<TextMatch> old = new ArrayList<>();
    for (Value value : fields.list("allowOrigin")) {
      value.warn("deprecated (expected: allowOrigins)");
      value.text().ifPresent(text -> old.add(new TextMatch.Exact(text, false)));
    }
    List<TextMatch> origins = new ArrayList<>();
    for (Value value : fields.list("allowOrigins")) {
      Optional<TextMatch> origin = StringMatches.read(value);
      if (origin.filter(CorsReader::isNothing).isPresent()) {
        value.error("no origin (expected: exact, prefix or regex)");
      }
      origin.ifPresent(origins::add);
    }
    return origins.isEmpty() ? old : origins;
  }

  private static boolean isNothing(TextMatch origin) {
    return origin.equals(TextMatch.PRESENT)
        || (origin instanceof TextMatch.Exact exact && exact.value().isEmpty());
  }

  private static String joined(
      Fields fields, String field, Predicate<String> form, String expected) {
    List<String> words = new ArrayList<>();
    for (Value value : fields.list(field)) {
      Optional<String> word = value.text();
      if (word.filter(form.negate()).isPresent()) {
        value.refuse(expected);
      }
      word.ifPresent(words::add);
    }
    return String.join(",", words);
  }

  private static Optional<String> seconds(Value value) {
    Optional<Duration> age = Durations.read(value);
    if (age.filter(duration -> duration.toMillisPart() > 0).isPresent()) {
      value.refuse("whole seconds");
    }
    return age.map(duration -> Long.toString(duration.toSeconds()));
  }
}
