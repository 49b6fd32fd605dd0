package io.espejo.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Reading of the fields that name hosts. */
final class Hosts {
  private static final String EXPECTED = "a DNS name";

  private Hosts() {}

  /** A host and where it stands. */
  record Host(Place place, String name) {}

  /** A host that must be there, and not be a star alone. */
  static Optional<Host> read(Fields fields) {
    return read(fields, text -> !text.equals("*") && Names.isHost(text));
  }

  /** A host that must be there, and may be a star. */
  static Optional<Host> readPattern(Fields fields) {
    return read(fields, Names::isHost);
  }

  private static Optional<Host> read(Fields fields, Predicate<String> form) {
    Optional<Value> value = fields.need("host", EXPECTED);
    Optional<String> text = value.flatMap(Value::text);
    if (text.filter(form.negate()).isPresent()) {
      value.ifPresent(v -> v.refuse(EXPECTED));
      return Optional.empty();
    }
    return value.flatMap(v -> text.map(t -> new Host(v.place(), t)));
  }

  /** A list of hosts that must have one at least. */
  static List<Host> readList(Fields fields, String expected, Predicate<String> form) {
    Optional<Value> list = fields.need("hosts", "at least one host");
    List<Value> values = list.map(Value::list).orElse(List.of());
    List<Host> hosts = new ArrayList<>();
    for (Value value : values) {
      Optional<String> text = value.text();
      if (text.filter(form).isPresent()) {
        hosts.add(new Host(value.place(), text.get()));
      } else if (text.isPresent()) {
        value.refuse(expected);
      }
    }
    if (list.isPresent() && list.get().isEmptyList()) {
      list.get().error("no host (expected: at least one host)");
    }
    return hosts;
  }

  /** Whether a request could be meant for both; {@code *} stands for any beginning. */
  static boolean overlap(String one, String other) {
    if (one.startsWith("*") && other.startsWith("*")) {
      return one.endsWith(other.substring(1)) || other.endsWith(one.substring(1));
    }
    return covers(one, other) || covers(other, one);
  }

  /** Whether this host is the other or, with a star, includes it. */
  static boolean covers(String host, String other) {
    return host.startsWith("*") ? other.endsWith(host.substring(1)) : host.equals(other);
  }
}
