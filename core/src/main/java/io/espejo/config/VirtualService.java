package io.espejo.config;

import io.espejo.config.Hosts.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Istio's VirtualService: how the requests for some hosts are routed.
 *
 * @param hosts none for one that others delegate to
 * @param gateways where it holds, by full name; at least one
 * @param exports to which namespaces it is visible
 */
record VirtualService(
    Metadata metadata,
    List<Host> hosts,
    List<String> gateways,
    Exports exports,
    List<HttpRoute> http)
    implements Document {

  static VirtualService read(Metadata metadata, Fields spec) {
    boolean delegate = !spec.hasAny("hosts");
    if (delegate && spec.hasAny("gateways")) {
      spec.owner().error("gateways without hosts (expected: hosts, or a delegate without both)");
    }
    if (delegate) {
      spec.take("hosts");
    }
    List<String> gateways = Gateways.read(spec, metadata);
    boolean mesh = gateways.isEmpty() || gateways.contains(Gateways.MESH);
    List<Host> hosts =
        delegate
            ? List.of()
            : Hosts.readList(
                spec, "a DNS name or IP address", h -> Names.isHost(h) || Names.isAddress(h));
    for (Host host : hosts) {
      if (mesh && host.name().equals("*")) {
        spec.error(host.place(), "* (expected: a narrower host, or gateways without mesh)");
      }
    }
    List<HttpRoute> http = new ArrayList<>();
    Optional<Value> list = spec.need("http", "at least one route");
    for (Value value : list.map(Value::list).orElse(List.of())) {
      value.fields().map(f -> HttpRoute.read(f, metadata, delegate)).ifPresent(http::add);
    }
    list.filter(Value::isEmptyList)
        .ifPresent(value -> value.error("no route (expected: at least one route)"));
    Exports exports = Exports.read(spec, metadata);
    spec.notCarriedOut("tls", "tcp");
    spec.end();
    return new VirtualService(
        metadata, hosts, gateways.isEmpty() ? List.of(Gateways.MESH) : gateways, exports, http);
  }

  /** Whether it is there for this instance. */
  boolean holds(RulesOptions options) {
    return exports.reach(options.namespace())
        && gateways.stream().anyMatch(options.gateways()::contains);
  }
}
