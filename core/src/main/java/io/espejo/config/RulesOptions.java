package io.espejo.config;

import java.util.Set;

/**
 * How a set of files is to be read.
 *
 * @param namespace the instance's own: documents without a namespace belong to it, and the short
 *     names of its services are answered
 * @param ignoreKinds kinds of Istio that are skipped instead of refused: {@code Gateway}
 */
public record RulesOptions(String namespace, Set<String> ignoreKinds) {
  /** Namespace {@code default}, nothing ignored. */
  public static final RulesOptions DEFAULT = new RulesOptions("default", Set.of());

  public RulesOptions {
    ignoreKinds = Set.copyOf(ignoreKinds);
    if (!Names.isLabel(namespace)) {
      throw new IllegalArgumentException("namespace: " + namespace + " (expected: a DNS label)");
    }
  }
}
