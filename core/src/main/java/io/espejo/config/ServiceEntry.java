package io.espejo.config;

import io.espejo.config.Hosts.Host;
import io.espejo.config.WorkloadEntry.Workload;
import io.espejo.upstream.ClusterSpec.Resolution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Istio's ServiceEntry: a service by its names, ports and endpoints.
 *
 * @param addresses further names of the service, as far as they are no networks
 * @param selector finds its endpoints among the WorkloadEntries
 */
record ServiceEntry(
    Metadata metadata,
    List<Host> hosts,
    List<String> addresses,
    List<ServicePort> ports,
    Resolution resolution,
    List<Workload> endpoints,
    Optional<Map<String, String>> selector,
    List<String> subjectAltNames,
    Exports exports)
    implements Document {
  private static final String PORT_RANGE = "1..65535";
  private static final String NO_TARGET =
      " is not carried out: it sends to the address that the client meant, which a server does not"
          + " know";
  private static final Set<String> RESOLUTIONS =
      Set.of("NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS");

  /** What a port carries; a word that is not there is refused. */
  private enum Protocol {
    HTTP,
    HTTP_PROXY,
    HTTP2,
    GRPC,
    GRPC_WEB,
    HTTPS,
    TLS,
    TCP,
    MONGO,
    REDIS,
    MYSQL,
    UDP;

    String word() {
      return this == GRPC_WEB ? "GRPC-WEB" : name();
    }

    boolean http() {
      return this == HTTP || this == HTTP_PROXY || http2();
    }

    boolean http2() {
      return this == HTTP2 || this == GRPC || this == GRPC_WEB;
    }
  }

  /**
   * A port of the service.
   *
   * @param targetPort the endpoints' port, 0 for the same
   * @param http whether requests for the service's name go to it
   * @param http2 whether HTTP/2 is spoken there
   */
  record ServicePort(int number, String name, int targetPort, boolean http, boolean http2) {
    /** An endpoint's own port for this one. */
    int of(Workload workload) {
      int otherwise = targetPort == 0 ? number : targetPort;
      return workload.ports().getOrDefault(name, otherwise);
    }
  }

  static ServiceEntry read(Metadata metadata, Fields spec) {
    List<Host> hosts =
        Hosts.readList(spec, "a DNS name", host -> !host.equals("*") && Names.isHost(host));
    spec.take("location").ifPresent(value -> value.oneOf(Set.of("MESH_EXTERNAL", "MESH_INTERNAL")));
    List<ServicePort> ports = readPorts(spec, hosts.size());
    Set<String> portNames = ports.stream().map(ServicePort::name).collect(Collectors.toSet());
    Resolution resolution = readResolution(spec);
    Optional<Value> list = spec.take("endpoints").filter(value -> !value.isEmptyList());
    Optional<Value> selectorValue = spec.take("workloadSelector");
    List<Workload> endpoints = new ArrayList<>();
    for (Value value : list.map(Value::list).orElse(List.of())) {
      value
          .fields()
          .flatMap(
              fields ->
                  WorkloadEntry.readWorkload(
                      fields, Optional.of(portNames), resolution == Resolution.STATIC))
          .filter(workload -> fits(workload, resolution, value))
          .ifPresent(endpoints::add);
    }
    if (selectorValue.isPresent() && list.isPresent()) {
      selectorValue.get().error("workloadSelector beside endpoints (expected: one of them)");
    }
    if (resolution == Resolution.DNS_ROUND_ROBIN && endpoints.size() > 1) {
      list.get().error("several endpoints (expected: one, for DNS_ROUND_ROBIN)");
    }
    if (resolution != Resolution.STATIC
        && endpoints.isEmpty()
        && selectorValue.isEmpty()
        && !hosts.stream().allMatch(host -> Names.isName(host.name()))) {
      spec.owner().error("a host that is no name to resolve (expected: endpoints)");
    }
    List<String> names = new ArrayList<>();
    spec.list("subjectAltNames").forEach(value -> value.text().ifPresent(names::add));
    ServiceEntry entry =
        new ServiceEntry(
            metadata,
            hosts,
            readAddresses(spec, resolution),
            ports,
            resolution,
            endpoints,
            selectorValue.flatMap(Value::fields).map(ServiceEntry::readSelector),
            names,
            Exports.readOrNone(spec, metadata));
    spec.end();
    return entry;
  }

  private static Map<String, String> readSelector(Fields fields) {
    Map<String, String> labels = Labels.read(fields);
    if (labels.isEmpty()) {
      fields.owner().warn("no labels, so it finds every WorkloadEntry of its namespace");
    }
    fields.end();
    return labels;
  }

  private static Resolution readResolution(Fields spec) {
    Optional<Value> value = spec.take("resolution");
    if (value.isEmpty()) {
      spec.owner().errorAt("resolution", "missing, which means NONE; this" + NO_TARGET);
      return Resolution.STATIC;
    }
    String word = value.get().oneOf(RESOLUTIONS).orElse("STATIC");
    if (word.equals("NONE") || word.equals("DYNAMIC_DNS")) {
      value.get().error(word + NO_TARGET);
    }
    return switch (word) {
      case "DNS" -> Resolution.DNS;
      case "DNS_ROUND_ROBIN" -> Resolution.DNS_ROUND_ROBIN;
      default -> Resolution.STATIC;
    };
  }

  private static boolean fits(Workload workload, Resolution resolution, Value value) {
    if (resolution == Resolution.STATIC && workload.isName()) {
      value.error(workload.address() + " (expected: an IP address, or the resolution DNS)");
      return false;
    }
    if (resolution != Resolution.STATIC && workload.isUnix()) {
      value.error("a Unix domain socket (expected: the resolution STATIC)");
      return false;
    }
    return true;
  }

  private static List<String> readAddresses(Fields spec, Resolution resolution) {
    List<String> addresses = new ArrayList<>();
    for (Value value : spec.list("addresses")) {
      Optional<String> text = value.text();
      if (text.filter(Names::isAddress).isPresent()) {
        addresses.add(text.get());
      } else if (text.filter(Names::isNetwork).isEmpty()) {
        text.ifPresent(t -> value.refuse("an IP address or network"));
      } else if (resolution != Resolution.STATIC) {
        value.error("a network (expected: the resolution STATIC)");
      }
    }
    return addresses;
  }

  private static List<ServicePort> readPorts(Fields spec, int hosts) {
    List<ServicePort> ports = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<Integer> numbers = new HashSet<>();
    for (Value value : spec.list("ports")) {
      value
          .fields()
          .flatMap(fields -> readPort(fields, hosts, numbers))
          .ifPresent(
              port -> {
                if (!names.add(port.name())) {
                  value.error("duplicate port name " + port.name());
                }
                ports.add(port);
              });
    }
    return ports;
  }

  private static Optional<ServicePort> readPort(Fields fields, int hosts, Set<Integer> numbers) {
    Optional<Integer> number =
        fields.need("number", PORT_RANGE).flatMap(value -> value.integer(1, 65_535));
    // Of whatever protocol, UDP included, as Istio has it.
    if (number.filter(n -> !numbers.add(n)).isPresent()) {
      fields.owner().error("duplicate port number " + number.get());
    }
    Optional<Value> nameValue = fields.need("name", "a DNS label");
    Optional<String> name = nameValue.flatMap(Value::text);
    if (name.filter(n -> !Names.isLabel(n)).isPresent()) {
      nameValue.ifPresent(value -> value.refuse("a DNS label"));
    }
    int targetPort = fields.take("targetPort").flatMap(value -> value.integer(0, 65_535)).orElse(0);
    Optional<Value> protocolValue = fields.take("protocol");
    Optional<Protocol> protocol = protocolValue.flatMap(ServiceEntry::readProtocol);
    boolean known = protocolValue.flatMap(Value::text).filter(t -> !t.isEmpty()).isPresent();
    if (hosts > 1 && (!known || protocol.filter(ServiceEntry::tellsNoHosts).isPresent())) {
      fields.owner().error("a port that tells no hosts apart (expected: HTTP, or one host)");
    }
    fields.end();
    // Without a protocol Istio looks what comes: here that is HTTP. Without a number it still has
    // a name, which the endpoints may refer to.
    return name.map(
        text ->
            new ServicePort(
                protocol.filter(Protocol.UDP::equals).isPresent() ? 0 : number.orElse(0),
                text,
                targetPort,
                protocol.map(Protocol::http).orElse(true),
                protocol.map(Protocol::http2).orElse(false)));
  }

  private static boolean tellsNoHosts(Protocol protocol) {
    return !protocol.http() && protocol != Protocol.HTTPS && protocol != Protocol.TLS;
  }

  private static Optional<Protocol> readProtocol(Value value) {
    Optional<String> text = value.text().filter(t -> !t.isEmpty());
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String word = text.get().toUpperCase(Locale.ROOT);
    Optional<Protocol> protocol =
        Arrays.stream(Protocol.values()).filter(p -> p.word().equals(word)).findFirst();
    if (protocol.isEmpty()) {
      value.refuse("HTTP, HTTP2, GRPC, HTTPS, TLS, TCP or another protocol of Istio");
    } else if (!protocol.get().http()) {
      value.warn(word + " is not HTTP: only a route that names the port goes there");
    }
    return protocol;
  }

  /** With the endpoints that its selector finds; those that its resolution cannot use are left. */
  ServiceEntry select(List<WorkloadEntry> workloads, Report report) {
    if (selector.isEmpty()) {
      return this;
    }
    List<Workload> found = new ArrayList<>();
    for (WorkloadEntry entry : workloads) {
      Workload workload = entry.workload();
      if (!entry.metadata().namespace().equals(metadata.namespace())
          || !workload.labels().entrySet().containsAll(selector.get().entrySet())) {
        continue;
      }
      if (resolution == Resolution.STATIC ? workload.isName() : workload.isUnix()) {
        report.warn(
            workload.place(),
            workload.address() + " is nothing for " + metadata + ", which is " + resolution);
      } else {
        found.add(workload);
      }
    }
    return new ServiceEntry(
        metadata, hosts, addresses, ports, resolution, found, selector, subjectAltNames, exports);
  }

  /** Where requests for this host of it go. */
  List<Workload> endpoints(String host) {
    return endpoints.isEmpty() && selector.isEmpty() && resolution != Resolution.STATIC
        ? List.of(new Workload(metadata.place(), host, Map.of(), Map.of(), 1))
        : endpoints;
  }
}
