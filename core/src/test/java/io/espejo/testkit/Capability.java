package io.espejo.testkit;

/** What a container may lack, so that the contract cannot ask for it. */
public enum Capability {
  /** Lets {@code //} in a path through to the filter. */
  DOUBLE_SLASH,
  /** Lets {@code %2F} in a path through to the filter. */
  ENCODED_SLASH,
  /** Shows the trailer fields of a request. */
  REQUEST_TRAILERS,
  /** Upgrades a connection by a handshake without {@code Content-Length}. */
  BARE_UPGRADE,
  /** Tells a reader that does not block of an end that comes with trailers on HTTP/2. */
  HTTP2_REQUEST_TRAILERS,
  /** Sends 103 on the way to an answer. */
  EARLY_HINTS,
  /** Can break a chunked answer so that the client sees it. */
  CHUNKED_TRUNCATION,
  /** Keeps the client's connection after an answer of 400, 500, 501 or 503. */
  KEEP_ALIVE_AFTER_ERRORS
}
