package io.espejo.config;

import io.espejo.config.Hosts.Host;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Istio's DestinationRule: the subsets of a service, and how it is reached. */
record DestinationRule(
    Metadata metadata,
    Host host,
    Optional<TrafficPolicy> policy,
    List<Subset> subsets,
    Exports exports)
    implements Document {

  /** Those endpoints of a service that have all of these labels. */
  record Subset(Place place, String name, Map<String, String> labels, TrafficPolicy policy) {}

  static Optional<DestinationRule> read(Metadata metadata, Fields spec) {
    Optional<Host> host = Hosts.readPattern(spec);
    Optional<TrafficPolicy> policy = spec.take("trafficPolicy").map(TrafficPolicy::read);
    List<Subset> subsets = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Value value : spec.list("subsets")) {
      value
          .fields()
          .flatMap(DestinationRule::readSubset)
          .ifPresent(
              subset -> {
                if (!names.add(subset.name())) {
                  value.error("duplicate subset " + subset.name());
                }
                subsets.add(subset);
              });
    }
    Exports exports = Exports.read(spec, metadata);
    spec.notCarriedOut("workloadSelector");
    spec.end();
    return host.map(h -> new DestinationRule(metadata, h, policy, subsets, exports));
  }

  private static Optional<Subset> readSubset(Fields fields) {
    Optional<Value> value = fields.need("name", "a DNS label");
    Optional<String> name = value.flatMap(Value::text);
    if (name.filter(n -> !Names.isLabel(n)).isPresent()) {
      value.ifPresent(v -> v.refuse("a DNS label"));
    }
    Map<String, String> labels = Labels.read(fields);
    TrafficPolicy policy =
        fields.take("trafficPolicy").map(TrafficPolicy::read).orElse(TrafficPolicy.NONE);
    fields.end();
    return name.map(n -> new Subset(fields.owner().place(), n, labels, policy));
  }
}
