package io.espejo.config;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Istio's {@code exportTo}: to which namespaces a document is visible.
 *
 * @param namespaces by name; a star, or none at all, stands for all
 */
record Exports(Set<String> namespaces) {
  static Exports read(Fields fields, Metadata metadata) {
    return read(fields, metadata, Set.of("*", "."));
  }

  /** The same, where {@code ~} may say: to none. */
  static Exports readOrNone(Fields fields, Metadata metadata) {
    return read(fields, metadata, Set.of("*", ".", "~"));
  }

  private static Exports read(Fields fields, Metadata metadata, Set<String> words) {
    Set<String> namespaces = new LinkedHashSet<>();
    for (Value value : fields.list("exportTo")) {
      Optional<String> text = value.text();
      if (text.filter(t -> !words.contains(t) && !Names.isLabel(t)).isPresent()) {
        value.refuse("., *, or a namespace");
      }
      String namespace = text.map(t -> t.equals(".") ? metadata.namespace() : t).orElse("*");
      if (!namespaces.add(namespace)) {
        value.error("duplicate namespace " + namespace);
      } else if (namespaces.size() > 1 && namespaces.contains("*")) {
        value.error("a namespace beside * (expected: one of them)");
      } else if (namespaces.size() > 1 && namespaces.contains("~")) {
        value.error("a namespace beside ~ (expected: one of them)");
      }
    }
    return new Exports(namespaces);
  }

  boolean reach(String namespace) {
    return toAll() || namespaces.contains(namespace);
  }

  boolean toAll() {
    return namespaces.isEmpty() || namespaces.contains("*");
  }
}
