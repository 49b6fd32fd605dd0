package io.espejo.benchmark;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The arguments of a load: {@code --name value}, all of them. */
record Arguments(Map<String, String> values) {
  static Arguments of(String[] arguments) {
    Map<String, String> values = new HashMap<>();
    for (int index = 0; index < arguments.length; index += 2) {
      if (!arguments[index].startsWith("--") || index + 1 == arguments.length) {
        throw new IllegalArgumentException(arguments[index] + " (expected: --name value)");
      }
      values.put(arguments[index].substring(2), arguments[index + 1]);
    }
    return new Arguments(values);
  }

  String text(String name) {
    return Optional.ofNullable(values.get(name))
        .orElseThrow(() -> new IllegalArgumentException("--" + name + ": missing"));
  }

  int number(String name) {
    return Integer.parseInt(text(name));
  }
}
