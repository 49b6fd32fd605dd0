package io.espejo.route;

import io.espejo.route.HeaderEdits.Edits;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a MirrorPolicy says of the copies of a mirror.
 *
 * @param policy its name with its namespace; empty where none is
 * @param host of the copies
 * @param edits of the copies' headers
 * @param methods of the requests that are mirrored; none: all
 * @param timeout from the end of the request to the end of the answer; empty: the route's
 * @param sampleBy what decides the share; empty, or where a request has none of it: its own draw
 * @param expires from when on nothing is sent; empty: never
 * @param limits beside those of all copies
 */
public record ShadowRules(
    String policy,
    ShadowHost host,
    Edits edits,
    Set<String> methods,
    Optional<Duration> timeout,
    Optional<RequestKey> sampleBy,
    Optional<Instant> expires,
    Limits limits) {
  /** What holds without a policy: as Istio mirrors. */
  public static final ShadowRules ISTIO =
      new ShadowRules(
          "",
          ShadowHost.ISTIO,
          Edits.NONE,
          Set.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Limits.NONE);

  public ShadowRules {
    methods = Set.copyOf(methods);
  }

  /**
   * What the copies of one policy may take.
   *
   * @param maxInFlight to one destination; empty: the bound of the destination
   * @param maxLagBytes how far v2 may lag behind v1 in one body; empty: as for all copies
   * @param maxBodyBytes how long a body may be; empty: as for all copies
   */
  public record Limits(
      OptionalInt maxInFlight, OptionalLong maxLagBytes, OptionalLong maxBodyBytes) {
    /** Nothing is said. */
    public static final Limits NONE =
        new Limits(OptionalInt.empty(), OptionalLong.empty(), OptionalLong.empty());
  }

  /** Whether requests with this method are mirrored; methods have their case. */
  public boolean mirrors(String method) {
    return methods.isEmpty() || methods.contains(method);
  }

  /** Whether its time is over. */
  public boolean expired() {
    return expires.isPresent() && !Instant.now().isBefore(expires.get());
  }
}
