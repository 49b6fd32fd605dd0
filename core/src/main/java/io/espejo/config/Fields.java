package io.espejo.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The fields of a mapping: each is taken once by its name, and what is left at the end is unknown.
 * A field that is null counts as absent.
 */
final class Fields {
  private final Value owner;
  private final Map<String, Value> rest;

  Fields(Value owner, Map<String, Value> fields) {
    this.owner = owner;
    this.rest = new LinkedHashMap<>(fields);
  }

  Value owner() {
    return owner;
  }

  /** The place of this field; if it is not there, of the mapping. */
  Place place(String name) {
    Value value = rest.get(name);
    return value == null ? owner.place().field(name) : value.place();
  }

  Optional<Value> take(String name) {
    return Optional.ofNullable(rest.remove(name)).filter(value -> !value.isNull());
  }

  Optional<Value> need(String name, String expected) {
    Optional<Value> value = take(name);
    if (value.isEmpty()) {
      missing(name, expected);
    }
    return value;
  }

  void missing(String name, String expected) {
    owner.errorAt(name, "missing (expected: " + expected + ")");
  }

  /** Warns of those of these fields that are there. */
  void warn(String message, String... names) {
    for (String name : names) {
      Optional.ofNullable(rest.get(name)).ifPresent(value -> value.warn(message));
    }
  }

  /** Reports something about a value somewhere inside. */
  void error(Place at, String message) {
    owner.errorAt(at, message);
  }

  /** Whether one of these fields is there and not taken yet; an empty list is as good as none. */
  boolean hasAny(String... names) {
    return Stream.of(names)
        .map(rest::get)
        .anyMatch(value -> value != null && !value.isNull() && !value.isEmptyList());
  }

  /** The elements of a list; none when it is absent. */
  List<Value> list(String name) {
    return take(name).map(Value::list).orElse(List.of());
  }

  /** A text of this form; the empty text, as in protocol buffers, is the same as none. */
  Optional<String> text(String name, Predicate<String> form, String expected) {
    Optional<Value> value = take(name);
    Optional<String> text = value.flatMap(Value::text).filter(t -> !t.isEmpty());
    if (text.filter(form.negate()).isPresent()) {
      value.ifPresent(v -> v.refuse(expected));
      return Optional.empty();
    }
    return text;
  }

  /** Reports those of these fields that are there: Istio has them, this version does not. */
  void notCarriedOut(String... names) {
    for (String name : names) {
      take(name).ifPresent(value -> value.error("not carried out by this version"));
    }
  }

  /** Reports all fields that nobody took. */
  void end() {
    rest.values().forEach(value -> value.error("unknown field"));
    rest.clear();
  }
}
