package io.espejo.config;

import io.espejo.config.Hosts.Host;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Istio's ServiceEntry: a service by its names, ports and endpoints. */
record ServiceEntry(
    Metadata metadata, List<Host> hosts, List<ServicePort> ports, List<Endpoint> endpoints)
    implements Document {
  private static final String PORT_RANGE = "1..65535";
  private static final Set<String> PROTOCOLS =
      Set.of(
          "TCP",
          "UDP",
          "GRPC",
          "GRPC-WEB",
          "HTTP",
          "HTTP_PROXY",
          "HTTP2",
          "HTTPS",
          "TLS",
          "MONGO",
          "REDIS",
          "MYSQL");
  private static final Set<String> RESOLUTIONS =
      Set.of("NONE", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS");

  /**
   * A port of the service.
   *
   * @param targetPort the endpoints' port, 0 for the same
   */
  record ServicePort(int number, String name, int targetPort) {}

  /**
   * One address of the service.
   *
   * @param ports by the name of the service's port
   */
  record Endpoint(
      String address, Map<String, Integer> ports, Map<String, String> labels, int weight) {
    /** Its own port for this one of the service. */
    int port(ServicePort port) {
      int otherwise = port.targetPort() == 0 ? port.number() : port.targetPort();
      return ports.getOrDefault(port.name(), otherwise);
    }
  }

  static ServiceEntry read(Metadata metadata, Fields spec) {
    List<Host> hosts =
        Hosts.readList(spec, "a DNS name", host -> !host.equals("*") && Names.isHost(host));
    spec.take("location")
        .ifPresent(value -> oneOf(value, Set.of("MESH_EXTERNAL", "MESH_INTERNAL"), Set.of()));
    spec.need("resolution", "STATIC")
        .ifPresent(value -> oneOf(value, Set.of("STATIC"), RESOLUTIONS));
    List<ServicePort> ports = readPorts(spec);
    List<Endpoint> endpoints = new ArrayList<>();
    for (Value value : spec.list("endpoints")) {
      value.fields().flatMap(fields -> readEndpoint(fields, ports)).ifPresent(endpoints::add);
    }
    spec.notCarriedOut("addresses", "workloadSelector", "exportTo", "subjectAltNames");
    spec.end();
    return new ServiceEntry(metadata, hosts, ports, endpoints);
  }

  private static void oneOf(Value value, Set<String> words, Set<String> notCarriedOut) {
    Optional<String> text = value.text();
    if (text.filter(notCarriedOut::contains).isPresent()) {
      value.error(text.get() + " is not carried out by this version");
    } else if (text.filter(word -> !words.contains(word)).isPresent()) {
      value.refuse(String.join(" or ", words.stream().sorted().toList()));
    }
  }

  private static List<ServicePort> readPorts(Fields spec) {
    List<ServicePort> ports = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<Integer> numbers = new HashSet<>();
    for (Value value : spec.list("ports")) {
      value
          .fields()
          .flatMap(ServiceEntry::readPort)
          .ifPresent(
              port -> {
                if (!names.add(port.name())) {
                  value.error("duplicate port name " + port.name());
                }
                if (port.number() > 0 && !numbers.add(port.number())) {
                  value.error("duplicate port number " + port.number());
                }
                ports.add(port);
              });
    }
    return ports;
  }

  private static Optional<ServicePort> readPort(Fields fields) {
    Optional<Integer> number =
        fields.need("number", PORT_RANGE).flatMap(value -> value.integer(1, 65_535));
    Optional<Value> nameValue = fields.need("name", "a DNS label");
    Optional<String> name = nameValue.flatMap(Value::text);
    if (name.filter(n -> !Names.isLabel(n)).isPresent()) {
      nameValue.ifPresent(value -> value.refuse("a DNS label"));
    }
    int targetPort = fields.take("targetPort").flatMap(value -> value.integer(0, 65_535)).orElse(0);
    fields.take("protocol").ifPresent(ServiceEntry::checkProtocol);
    fields.end();
    // Without a number it still has a name, which the endpoints may refer to.
    return name.map(text -> new ServicePort(number.orElse(0), text, targetPort));
  }

  private static void checkProtocol(Value value) {
    Optional<String> text = value.text().map(t -> t.toUpperCase(Locale.ROOT));
    if (text.isPresent() && !text.get().isEmpty() && !text.get().equals("HTTP")) {
      if (PROTOCOLS.contains(text.get())) {
        value.error(text.get() + " is not carried out by this version");
      } else {
        value.refuse("HTTP");
      }
    }
  }

  private static Optional<Endpoint> readEndpoint(Fields fields, List<ServicePort> servicePorts) {
    Optional<Value> addressValue = fields.need("address", "an IP address");
    Optional<String> address = addressValue.flatMap(Value::text);
    if (address.filter(text -> !Names.isAddress(text)).isPresent()) {
      addressValue.ifPresent(value -> value.refuse("an IP address"));
    }
    Map<String, Integer> ports = new HashMap<>();
    fields
        .take("ports")
        .ifPresent(
            value ->
                value
                    .map()
                    .forEach(
                        (name, port) -> {
                          if (servicePorts.stream().noneMatch(p -> p.name().equals(name))) {
                            port.error("no port of this name in spec.ports");
                          }
                          port.integer(1, 65_535).ifPresent(number -> ports.put(name, number));
                        }));
    Map<String, String> labels = Labels.read(fields);
    int weight =
        fields.take("weight").flatMap(value -> value.integer(0, Integer.MAX_VALUE)).orElse(0);
    fields.notCarriedOut("network", "locality", "serviceAccount");
    fields.end();
    // Istio takes a weight of 0 for none, and none for 1.
    return address.map(text -> new Endpoint(text, ports, labels, Math.max(1, weight)));
  }
}
