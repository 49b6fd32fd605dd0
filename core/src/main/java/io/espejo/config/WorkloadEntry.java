package io.espejo.config;

import io.espejo.upstream.Endpoint;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Istio's WorkloadEntry: an endpoint that ServiceEntries find by its labels. */
record WorkloadEntry(Metadata metadata, Workload workload) implements Document {

  /**
   * One address of a service, with what is said of it.
   *
   * @param address an IP literal, a DNS name, or a Unix domain socket
   * @param ports by the name of the service's port
   * @param weight at least 1
   */
  record Workload(
      Place place,
      String address,
      Map<String, Integer> ports,
      Map<String, String> labels,
      int weight) {
    boolean isUnix() {
      return address.startsWith(Endpoint.UNIX);
    }

    boolean isName() {
      return !isUnix() && !Names.isAddress(address);
    }
  }

  static Optional<WorkloadEntry> read(Metadata metadata, Fields spec) {
    return readWorkload(spec, Optional.empty(), true)
        .map(
            workload -> {
              // Those of the metadata stand over those of the entry, as with Istio.
              Map<String, String> labels = new LinkedHashMap<>(workload.labels());
              labels.putAll(metadata.labels());
              return new WorkloadEntry(
                  metadata,
                  new Workload(
                      workload.place(),
                      workload.address(),
                      workload.ports(),
                      labels,
                      workload.weight()));
            });
  }

  /**
   * An endpoint.
   *
   * @param portNames those of its service, if that is known
   * @param networkWillDo whether it needs no address if it has a network
   */
  static Optional<Workload> readWorkload(
      Fields fields, Optional<Set<String>> portNames, boolean networkWillDo) {
    Optional<Value> addressValue = fields.take("address");
    Optional<String> address = addressValue.flatMap(Value::text).filter(text -> !text.isEmpty());
    if (address.isEmpty()) {
      if (networkWillDo && fields.hasAny("network")) {
        fields.owner().warn("no address, so nothing reaches it: its network is not known here");
      } else {
        fields.missing("address", "an IP address or a DNS name");
      }
    }
    Optional<Value> portsValue = fields.take("ports");
    if (address.filter(text -> text.startsWith(Endpoint.UNIX)).isPresent()) {
      checkUnix(addressValue.get(), address.get().substring(Endpoint.UNIX.length()));
      portsValue
          .filter(value -> !value.map().isEmpty())
          .ifPresent(value -> value.error("ports of a Unix domain socket (expected: none)"));
      if (portNames.filter(names -> names.size() != 1).isPresent()) {
        addressValue.get().error("a Unix domain socket (expected: a service of one port)");
      }
    } else if (address.filter(text -> !isAddressOrName(text)).isPresent()) {
      addressValue.get().refuse("an IP address or a DNS name");
    }
    Map<String, Integer> ports = new HashMap<>();
    portsValue
        .map(Value::map)
        .orElse(Map.of())
        .forEach(
            (name, port) -> {
              if (portNames.filter(names -> !names.contains(name)).isPresent()) {
                port.error("no port of this name in spec.ports");
              } else if (!Names.isLabel(name)) {
                port.error("not a port's name (expected: a DNS label)");
              }
              port.integer(1, 65_535).ifPresent(number -> ports.put(name, number));
            });
    Map<String, String> labels = Labels.read(fields);
    int weight = fields.take("weight").flatMap(Value::count).orElse(0);
    // Without effect, as with Istio for a proxy that has no locality, network or sidecar itself.
    for (String name : new String[] {"network", "locality", "serviceAccount"}) {
      fields.text(name, text -> true, "text");
    }
    fields.end();
    // Istio takes a weight of 0 for none, and none for 1.
    Place place = addressValue.map(Value::place).orElse(fields.owner().place());
    return address.map(text -> new Workload(place, text, ports, labels, Math.max(1, weight)));
  }

  private static void checkUnix(Value value, String path) {
    if (path.startsWith("@")) {
      value.error("abstract sockets are not carried out (expected: an absolute path)");
    } else if (!path.startsWith("/") || path.endsWith("/")) {
      value.refuse("unix:// and the absolute path of a socket");
    }
  }

  private static boolean isAddressOrName(String text) {
    return Names.isAddress(text) || Names.isName(text);
  }
}
