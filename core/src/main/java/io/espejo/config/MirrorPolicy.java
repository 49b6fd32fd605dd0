package io.espejo.config;

import io.espejo.route.ShadowRules;
import java.util.Optional;
import java.util.Set;

/**
 * Our own document: what is said of the copies of a VirtualService's mirrors for which Istio has no
 * field. It is attached as policies of the Gateway API are.
 *
 * @param target a VirtualService of the policy's own namespace
 * @param section the name of one of its routes, to narrow it
 * @param mirror a destination, to narrow it
 */
record MirrorPolicy(
    Metadata metadata,
    Named target,
    Optional<Named> section,
    Optional<MirrorRef> mirror,
    ShadowRules rules)
    implements Document {

  /** A name and where it stands. */
  record Named(Place place, String name) {
    static Named of(Value value, String name) {
      return new Named(value.place(), name);
    }
  }

  /** The destination that a policy is for, and where it says so. */
  record MirrorRef(Place place, Destination destination) {
    boolean covers(Destination mirror) {
      return destination.fullHost().equals(mirror.fullHost())
          && (destination.subset().isEmpty() || destination.subset().equals(mirror.subset()))
          && (destination.port() == 0 || destination.port() == mirror.port());
    }

    /** How much it says. */
    int fields() {
      return 1 + (destination.subset().isEmpty() ? 0 : 1) + (destination.port() == 0 ? 0 : 1);
    }
  }

  /** Empty when it does not say what it is for. */
  static Optional<MirrorPolicy> read(Metadata metadata, Fields spec) {
    Optional<Fields> ref =
        spec.need("targetRef", "a VirtualService by kind and name").flatMap(Value::fields);
    Optional<Named> section =
        ref.flatMap(fields -> fields.take("sectionName"))
            .flatMap(value -> value.text().map(name -> Named.of(value, name)));
    Optional<Named> target = ref.flatMap(MirrorPolicy::target);
    Optional<MirrorRef> mirror =
        spec.take("mirror")
            .flatMap(
                value ->
                    Destination.read(value, metadata)
                        .map(destination -> new MirrorRef(value.place(), destination)));
    ShadowRules rules = ShadowRulesReader.read(metadata.qualifiedName(), spec);
    spec.end();
    return target.map(named -> new MirrorPolicy(metadata, named, section, mirror, rules));
  }

  private static Optional<Named> target(Fields fields) {
    fields.take("group").ifPresent(value -> value.oneOf(Set.of("networking.istio.io")));
    fields.need("kind", "VirtualService").ifPresent(value -> value.oneOf(Set.of("VirtualService")));
    Optional<Named> name =
        fields
            .need("name", "the name of a VirtualService")
            .flatMap(
                value ->
                    ShadowRulesReader.form(value, Names::isObjectName, "a lower-case DNS name")
                        .map(text -> Named.of(value, text)));
    fields.end();
    return name;
  }

  /** The VirtualService that it is for, with its namespace. */
  String virtualService() {
    return metadata.namespace() + "/" + target.name();
  }

  /** Whether it is for this mirror of a route with this name. */
  boolean claims(String route, Destination destination) {
    return section.filter(named -> !named.name().equals(route)).isEmpty()
        && mirror.filter(ref -> !ref.covers(destination)).isEmpty();
  }

  /** What names a mirror goes before what names a route, and that before the rest. */
  int narrowness() {
    return 2 * mirror.map(MirrorRef::fields).orElse(0) + (section.isPresent() ? 1 : 0);
  }
}
