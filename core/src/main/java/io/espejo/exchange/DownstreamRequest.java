package io.espejo.exchange;

import java.util.Optional;

/**
 * A client's request as an adapter shows it to the core: a view, nothing is copied.
 *
 * <p>The core calls it on the thread that brought the request, and keeps it until the exchange with
 * v1 has begun; it never calls it afterwards.
 */
public interface DownstreamRequest {
  /** The method as sent, case kept: {@code GET}, {@code PATCH}, {@code foo}. */
  String method();

  /** {@code http} or {@code https}, as the client's connection has it. */
  String scheme();

  /**
   * The authority as sent, with its port if it has one: {@code Host} on HTTP/1, {@code :authority}
   * on HTTP/2. Empty when the request has none.
   */
  String authority();

  /** The path of the request target, raw and not normalised, without query; at least {@code /}. */
  String path();

  /** The query, raw, without its {@code ?}; empty when the target has no {@code ?}. */
  Optional<String> query();

  /** All header lines as they came, hop-by-hop ones included. */
  Headers headers();

  /**
   * The address of the peer that opened the connection, as a literal: {@code 192.0.2.1}, {@code
   * ::1}. Empty when it has none, as with Unix sockets.
   */
  String peerAddress();

  /** The address of the client: the peer's, unless the core trusts it to name another. */
  default String clientAddress() {
    return peerAddress();
  }

  /** Whether the core trusts the peer's forwarded headers; not for an adapter to say. */
  default boolean fromTrustedProxy() {
    return false;
  }

  /** {@code HTTP/1.0}, {@code HTTP/1.1}, {@code HTTP/2.0}. */
  String protocol();
}
