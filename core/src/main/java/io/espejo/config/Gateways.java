package io.espejo.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Reading of the fields that say at which gateways something holds. {@code mesh} stands for all
 * sidecars.
 */
final class Gateways {
  static final String MESH = "mesh";

  private Gateways() {}

  /** Their names, in full: {@code namespace/name}. */
  static List<String> read(Fields fields, Metadata metadata) {
    List<String> gateways = new ArrayList<>();
    for (Value value : fields.list("gateways")) {
      value
          .text()
          .ifPresent(
              text -> {
                check(value, text);
                gateways.add(fullName(text, metadata.namespace()));
              });
    }
    return gateways;
  }

  private static void check(Value value, String text) {
    int slash = text.indexOf('/');
    boolean valid =
        slash < 0
            ? Names.isName(text)
            : Names.isLabel(text.substring(slash + 1))
                && (text.startsWith("./") || Names.isLabel(text.substring(0, slash)));
    if (!valid) {
      value.refuse("mesh, or a gateway's name with or without its namespace");
    }
  }

  /** A name with its namespace; {@code name.namespace.svc...} is Istio's old way to write it. */
  static String fullName(String name, String ownNamespace) {
    if (name.equals(MESH)) {
      return name;
    }
    if (name.indexOf('/') >= 0) {
      return name.startsWith("./") ? ownNamespace + name.substring(1) : name;
    }
    String[] parts = name.split("\\.", 3);
    return parts.length == 1 ? ownNamespace + "/" + name : parts[1] + "/" + parts[0];
  }
}
