package io.espejo.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The namespaces that a document is for: {@code exportTo}; without any, all. */
record Visibility(Set<String> namespaces) {
  private static final String ALL = "*";
  private static final String EXPECTED = "*, . or a namespace";

  Visibility {
    namespaces = Set.copyOf(namespaces);
  }

  static Visibility read(Fields spec, Metadata metadata, boolean mayBeNone) {
    Optional<Value> exportTo = spec.take("exportTo");
    List<Value> values = exportTo.map(Value::list).orElse(List.of());
    Set<String> namespaces = new LinkedHashSet<>();
    for (Value value : values) {
      Optional<String> text = value.text();
      if (text.isEmpty()) {
        continue;
      }
      String name = text.get().equals(".") ? metadata.namespace() : text.get();
      if (!name.equals(ALL) && !Names.isLabel(name) && !(mayBeNone && name.equals("~"))) {
        value.refuse(EXPECTED);
      } else if (!namespaces.add(name)) {
        value.error("duplicate namespace " + name);
      }
    }
    if (namespaces.contains(ALL) && values.size() > 1) {
      exportTo.get().error("* beside others (expected: * alone, or none)");
    }
    return new Visibility(namespaces);
  }

  boolean includes(String namespace) {
    return namespaces.isEmpty() || namespaces.contains(ALL) || namespaces.contains(namespace);
  }
}
