package io.espejo.config;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a set of files is to be read, and for whom.
 *
 * @param namespace the instance's own: documents without a namespace belong to it, the short names
 *     of its services are answered, and {@code sourceNamespace} and {@code exportTo} mean it
 * @param ignoreKinds kinds of Istio that are skipped instead of refused: {@code Gateway}
 * @param gateways the gateways that the instance plays, by name, or {@code namespace/name}; {@code
 *     mesh} stands for a sidecar
 * @param labels the instance's, which {@code sourceLabels} asks for
 * @param port at which requests come, as {@code match.port} means it; 0: at the port of the service
 *     that they are for
 * @param local what the application itself is, if the instance is a filter in one
 */
public record RulesOptions(
    String namespace,
    Set<String> ignoreKinds,
    Set<String> gateways,
    Map<String, String> labels,
    int port,
    Optional<LocalService> local) {
  /** Namespace {@code default}, nothing ignored, a sidecar without labels. */
  public static final RulesOptions DEFAULT = new RulesOptions("default", Set.of());

  public RulesOptions {
    if (!Names.isLabel(namespace)) {
      throw new IllegalArgumentException("namespace: " + namespace + " (expected: a DNS label)");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0..65535)");
    }
    ignoreKinds = Set.copyOf(ignoreKinds);
    gateways =
        gateways.stream()
            .map(gateway -> Gateways.fullName(gateway, namespace))
            .collect(Collectors.toUnmodifiableSet());
    labels = Map.copyOf(labels);
  }

  /** A sidecar without labels. */
  public RulesOptions(String namespace, Set<String> ignoreKinds) {
    this(namespace, ignoreKinds, Set.of(Gateways.MESH), Map.of(), 0);
  }

  /** An instance that is in no application. */
  public RulesOptions(
      String namespace,
      Set<String> ignoreKinds,
      Set<String> gateways,
      Map<String, String> labels,
      int port) {
    this(namespace, ignoreKinds, gateways, labels, port, Optional.empty());
  }
}
