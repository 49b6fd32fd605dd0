package io.espejo.config;

import java.util.Map;
import java.util.Optional;

/**
 * What identifies a document: the standard metadata of Kubernetes, as far as it means something
 * here.
 */
record Metadata(
    String kind, String namespace, String name, Map<String, String> labels, Place place) {
  private static final String[] WITHOUT_MEANING = {
    "annotations",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "finalizers",
    "ownerReferences",
    "managedFields",
    "selfLink",
    "clusterName"
  };

  /** Empty when it has no valid name. */
  static Optional<Metadata> read(String kind, Fields document, RulesOptions options) {
    Optional<Fields> metadata =
        document.need("metadata", "a mapping with a name").flatMap(Value::fields);
    if (metadata.isEmpty()) {
      return Optional.empty();
    }
    Fields fields = metadata.get();
    String namespace =
        fields.text("namespace", Names::isLabel, "a DNS label").orElse(options.namespace());
    Optional<Value> name = fields.need("name", "a name");
    Optional<String> text = name.flatMap(Value::text);
    if (text.filter(t -> !Names.isObjectName(t)).isPresent()) {
      name.ifPresent(value -> value.refuse("a lower-case DNS name"));
    }
    Map<String, String> labels = Labels.read(fields);
    for (String field : WITHOUT_MEANING) {
      fields.take(field);
    }
    fields.end();
    Place place = name.map(Value::place).orElse(document.owner().place());
    return text.map(t -> new Metadata(kind, namespace, t, labels, place));
  }

  /** As messages show it: {@code VirtualService default/httpbin in rules.yaml}. */
  @Override
  public String toString() {
    return kind + " " + qualifiedName() + " in " + place.file();
  }

  /** {@code default/httpbin}. */
  String qualifiedName() {
    return namespace + "/" + name;
  }

  /**
   * The full name of a host that this document names: a name without dots is a service of the
   * document's namespace.
   */
  String fullName(String host) {
    return ServiceNames.fullName(host, namespace);
  }
}
