package io.espejo.testkit;

/** How a message says where its body ends (RFC 9112, section 6.3). */
public enum Framing {
  /** There is no body, and no header speaks of one. */
  NONE,
  /** By {@code Content-Length}; it may be 0. */
  LENGTH,
  /** By {@code Transfer-Encoding: chunked}. */
  CHUNKED,
  /** By the end of the connection; answers only. */
  UNTIL_CLOSE
}
