package io.espejo.config;

import io.espejo.route.RouteTable;
import io.espejo.upstream.ClusterSpec;
import java.util.List;
import java.util.Map;

/**
 * What a set of files comes to; immutable.
 *
 * @param routes may name clusters that are not in {@code clusters}: no document defines those
 * @param clusters by name
 * @param warnings by file and position
 */
public record CompiledRules(
    RouteTable routes, Map<String, ClusterSpec> clusters, List<Problem> warnings) {
  /** No rule at all. */
  public static final CompiledRules EMPTY =
      new CompiledRules(RouteTable.EMPTY, Map.of(), List.of());

  public CompiledRules {
    clusters = Map.copyOf(clusters);
    warnings = List.copyOf(warnings);
  }
}
