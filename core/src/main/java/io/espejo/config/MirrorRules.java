package io.espejo.config;

import io.espejo.route.Share;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The fields of a route that say who gets copies, and how many.
 *
 * <p>As Istio's translation has it: a percentage that is absent means all, one without a value or
 * with 0 means none, {@code mirrorPercentage} beats {@code mirrorPercent}. Unlike there, a value is
 * read as the decimal that was written, and rounded down to a millionth part.
 */
record MirrorRules(
    Optional<Destination> mirror,
    Optional<Share> percentage,
    Optional<Share> percent,
    List<MirrorRule> mirrors) {
  private static final int PARTS_PER_PERCENT = 10_000;
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
  private static final BigDecimal SMALLEST = new BigDecimal("0.0001");

  /** A mirror with its share. */
  record MirrorRule(Destination destination, Share share) {}

  static MirrorRules read(Fields route, Metadata metadata) {
    Optional<Value> mirror = route.take("mirror");
    Optional<Value> mirrors = route.take("mirrors");
    Optional<Value> percentage = route.take("mirrorPercentage");
    Optional<Value> percent = route.take("mirrorPercent");
    List<MirrorRule> rules = new ArrayList<>();
    for (Value value : mirrors.map(Value::list).orElse(List.of())) {
      value.fields().flatMap(policy -> readPolicy(policy, metadata)).ifPresent(rules::add);
    }
    if (mirror.isPresent() && mirrors.filter(value -> !value.isEmptyList()).isPresent()) {
      mirrors.get().error("mirrors beside mirror (expected: one of them)");
    }
    if (mirror.isEmpty()) {
      percentage.ifPresent(value -> value.warn("a percentage without a mirror"));
      percent.ifPresent(value -> value.warn("a percentage without a mirror"));
    }
    return new MirrorRules(
        mirror.flatMap(value -> Destination.read(value, metadata)),
        percentage.map(MirrorRules::share),
        percent.flatMap(MirrorRules::deprecatedShare),
        rules);
  }

  /** These, and what they say nothing of from those of the route that delegates to theirs. */
  MirrorRules or(MirrorRules root) {
    return new MirrorRules(
        mirror.or(root::mirror),
        percentage.or(root::percentage),
        percent.or(root::percent),
        mirrors.isEmpty() ? root.mirrors : mirrors);
  }

  /** What they come to. */
  List<MirrorRule> rules() {
    List<MirrorRule> rules = new ArrayList<>();
    Share share = percentage.or(() -> percent).orElse(Share.ALL);
    mirror.ifPresent(destination -> rules.add(new MirrorRule(destination, share)));
    rules.addAll(mirrors);
    return rules;
  }

  private static Optional<MirrorRule> readPolicy(Fields fields, Metadata metadata) {
    Optional<Destination> destination =
        fields.need("destination", "a host").flatMap(value -> Destination.read(value, metadata));
    Share share = fields.take("percentage").map(MirrorRules::share).orElse(Share.ALL);
    fields.end();
    return destination.map(d -> new MirrorRule(d, share));
  }

  private static Optional<Share> deprecatedShare(Value percent) {
    percent.warn("deprecated (expected: mirrorPercentage)");
    return percent.integer(0, 100).map(number -> new Share(number * PARTS_PER_PERCENT));
  }

  /** The share that a Percent stands for. */
  private static Share share(Value percentage) {
    Optional<Fields> fields = percentage.fields();
    if (fields.isEmpty()) {
      return Share.NONE;
    }
    Optional<Value> value = fields.get().take("value");
    fields.get().end();
    if (value.isEmpty()) {
      percentage.warn(
          "no value, so nothing is mirrored (expected: value, or no percentage at all)");
      return Share.NONE;
    }
    return value
        .get()
        .decimal("0..100")
        .map(number -> share(value.get(), number))
        .orElse(Share.NONE);
  }

  private static Share share(Value value, BigDecimal number) {
    if (number.signum() < 0 || number.compareTo(HUNDRED) > 0) {
      value.refuse("0..100");
      return Share.NONE;
    }
    if (number.compareTo(SMALLEST) < 0) {
      if (number.signum() > 0) {
        value.warn(value.shown() + " rounds to none (expected: 0, or 0.0001 or more)");
      }
      return Share.NONE;
    }
    BigDecimal parts = number.movePointRight(4).setScale(0, RoundingMode.DOWN);
    return new Share(parts.intValueExact());
  }
}
