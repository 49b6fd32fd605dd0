package io.espejo.benchmark;

import java.util.Map;
import java.util.stream.Collectors;

/** One line of JSON, for what reads a load's result: numbers, and maps of them. */
final class Json {
  private Json() {}

  static String of(Map<String, ?> values) {
    return values.entrySet().stream()
        .map(entry -> '"' + entry.getKey() + "\": " + value(entry.getValue()))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static String value(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> '"' + String.valueOf(entry.getKey()) + "\": " + value(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value instanceof Number) {
      return value.toString();
    }
    throw new IllegalArgumentException("not a number: " + value);
  }
}
