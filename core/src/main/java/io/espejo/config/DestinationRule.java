package io.espejo.config;

import io.espejo.config.Hosts.Host;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Istio's DestinationRule: the subsets of a service. */
record DestinationRule(Metadata metadata, Host host, List<Subset> subsets) implements Document {

  /** Those endpoints of a service that have all of these labels. */
  record Subset(Place place, String name, Map<String, String> labels) {}

  static Optional<DestinationRule> read(Metadata metadata, Fields spec) {
    Optional<Host> host = Hosts.read(spec);
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
    spec.notCarriedOut("trafficPolicy", "exportTo", "workloadSelector");
    spec.end();
    return host.map(h -> new DestinationRule(metadata, h, subsets));
  }

  private static Optional<Subset> readSubset(Fields fields) {
    Optional<Value> value = fields.need("name", "a DNS label");
    Optional<String> name = value.flatMap(Value::text);
    if (name.filter(n -> !Names.isLabel(n)).isPresent()) {
      value.ifPresent(v -> v.refuse("a DNS label"));
    }
    Map<String, String> labels = Labels.read(fields);
    fields.notCarriedOut("trafficPolicy");
    fields.end();
    return name.map(n -> new Subset(fields.owner().place(), n, labels));
  }
}
