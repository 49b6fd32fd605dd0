package io.espejo.upstream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How an endpoint is chosen; always by weight among the healthy ones. */
public sealed interface Balancing {
  /** Of two drawn at random the one with fewer requests now. */
  record LeastRequest() implements Balancing {}

  /** In turn. */
  record RoundRobin() implements Balancing {}

  /** Drawn at random. */
  record Random() implements Balancing {}

  /** The same one for requests that are alike in something; at random for those that lack it. */
  record ConsistentHash(Key key) implements Balancing {}

  /** What a hash is taken of. */
  sealed interface Key {
    /** All values of a header. */
    record Header(String name) implements Key {}

    /**
     * A cookie.
     *
     * @param ttl if set, a client without the cookie is given one; zero: for its session
     * @param path of the cookie that is given; empty: none
     * @param attributes of the cookie that is given, in their order: {@code SameSite=Strict}
     */
    record Cookie(String name, Optional<Duration> ttl, String path, List<String> attributes)
        implements Key {
      public Cookie {
        attributes = List.copyOf(attributes);
      }
    }

    /** The address of the downstream peer. */
    record SourceIp() implements Key {}

    /** The first value of a query parameter, raw. */
    record QueryParameter(String name) implements Key {}
  }
}
