package io.espejo.upstream;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a request is bound to an endpoint by; taken from it once, for all of its attempts.
 *
 * @param hash requests of the same hash go to the same endpoint; empty: to any
 * @param setCookie the value of a {@code Set-Cookie} line that v1's answer is to be given
 */
public record Affinity(OptionalLong hash, Optional<String> setCookie) {
  /** Bound to none. */
  public static final Affinity NONE = new Affinity(OptionalLong.empty(), Optional.empty());
}
