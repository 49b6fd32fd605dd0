package io.espejo.config;

import io.espejo.upstream.Balancing;
import io.espejo.upstream.Balancing.ConsistentHash;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reading of {@code loadBalancer}.
 *
 * <p>A consistent hash is carried out without a ring or table, so the sizes of those are checked
 * and have no effect.
 */
final class BalancingReader {
  private static final int MAX_TABLE = 5_000_010;
  private static final Set<String> SIMPLE =
      Set.of("UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST");
  private static final String ONE_KEY =
      "one of httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName";

  private BalancingReader() {}

  static Optional<Balancing> read(Value value) {
    return value.fields().map(BalancingReader::read);
  }

  private static Balancing read(Fields fields) {
    Optional<Value> simple = fields.take("simple");
    Optional<Value> consistent = fields.take("consistentHash");
    if (simple.isPresent() && consistent.isPresent()) {
      consistent.get().error("consistentHash beside simple (expected: one of them)");
    }
    Optional<Balancing> hash =
        consistent.flatMap(Value::fields).flatMap(BalancingReader::consistent);
    Optional<Balancing> named = simple.map(BalancingReader::simple);
    fields.notCarriedOut("localityLbSetting", "zoneAwareLbSetting", "warmup", "warmupDurationSecs");
    fields.end();
    return hash.or(() -> named).orElse(new Balancing.LeastRequest());
  }

  private static Balancing simple(Value value) {
    return switch (value.oneOf(SIMPLE).orElse("UNSPECIFIED")) {
      case "ROUND_ROBIN" -> new Balancing.RoundRobin();
      case "RANDOM" -> new Balancing.Random();
      case "LEAST_CONN" -> {
        value.warn("deprecated, and the same as LEAST_REQUEST (expected: LEAST_REQUEST)");
        yield new Balancing.LeastRequest();
      }
      case "PASSTHROUGH" -> {
        value.error(
            "PASSTHROUGH is not carried out: it sends to the address that the client meant, which"
                + " a server does not know");
        yield new Balancing.LeastRequest();
      }
      default -> new Balancing.LeastRequest();
    };
  }

  private static Optional<Balancing> consistent(Fields fields) {
    List<Balancing.Key> keys = new ArrayList<>();
    fields
        .take("httpHeaderName")
        .flatMap(Value::text)
        .map(Balancing.Key.Header::new)
        .ifPresent(keys::add);
    fields
        .take("httpCookie")
        .flatMap(Value::fields)
        .flatMap(BalancingReader::cookie)
        .ifPresent(keys::add);
    if (fields.take("useSourceIp").flatMap(Value::flag).orElse(false)) {
      keys.add(new Balancing.Key.SourceIp());
    }
    fields
        .take("httpQueryParameterName")
        .flatMap(Value::text)
        .map(Balancing.Key.QueryParameter::new)
        .ifPresent(keys::add);
    if (keys.size() > 1) {
      fields.owner().error("several keys (expected: " + ONE_KEY + ")");
    }
    checkSizes(fields);
    fields.end();
    return keys.stream().findFirst().map(ConsistentHash::new);
  }

  private static void checkSizes(Fields fields) {
    Optional<Value> deprecated = fields.take("minimumRingSize");
    Optional<Value> ring = fields.take("ringHash");
    Optional<Value> maglev = fields.take("maglev");
    deprecated.ifPresent(value -> value.warn("deprecated (expected: ringHash.minimumRingSize)"));
    boolean said = deprecated.flatMap(Value::count).filter(n -> n > 0).isPresent();
    if ((ring.isPresent() && maglev.isPresent())
        || (said && (ring.isPresent() || maglev.isPresent()))) {
      fields.owner().error("several algorithms (expected: one of ringHash, maglev)");
    }
    ring.flatMap(Value::fields)
        .ifPresent(
            settings -> {
              settings.take("minimumRingSize").ifPresent(Value::count);
              settings.end();
            });
    maglev
        .flatMap(Value::fields)
        .ifPresent(
            settings -> {
              String expected = "a prime below " + (MAX_TABLE + 1);
              settings
                  .need("tableSize", expected)
                  .ifPresent(
                      value ->
                          value
                              .count()
                              .filter(
                                  n -> n > MAX_TABLE || !BigInteger.valueOf(n).isProbablePrime(40))
                              .ifPresent(n -> value.refuse(expected)));
              settings.end();
            });
  }

  private static Optional<Balancing.Key> cookie(Fields fields) {
    Optional<String> name = fields.need("name", "a cookie's name").flatMap(Value::text);
    Optional<Duration> ttl = fields.take("ttl").flatMap(Durations::seconds);
    String path = fields.take("path").flatMap(Value::text).orElse("");
    List<String> attributes = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Value value : fields.list("attributes")) {
      value.fields().ifPresent(attribute -> readAttribute(attribute, names, attributes));
    }
    if (name.filter(String::isEmpty).isPresent()) {
      fields.owner().errorAt("name", "empty (expected: a cookie's name)");
    }
    fields.end();
    return name.map(n -> new Balancing.Key.Cookie(n, ttl, path, attributes));
  }

  private static void readAttribute(Fields fields, Set<String> names, List<String> attributes) {
    Optional<String> name = fields.need("name", "an attribute's name").flatMap(Value::text);
    String value = fields.take("value").flatMap(Value::text).orElse("");
    if (name.filter(String::isEmpty).isPresent()) {
      fields.owner().errorAt("name", "empty (expected: an attribute's name)");
    } else if (name.isPresent() && !names.add(name.get())) {
      fields.owner().error("duplicate attribute " + name.get());
    }
    fields.end();
    name.ifPresent(n -> attributes.add(value.isEmpty() ? n : n + "=" + value));
  }
}
