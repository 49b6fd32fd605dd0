package io.espejo.route;

/** Where the host of an authority ends and its port begins (RFC 3986, section 3.2). */
final class Authority {
  private Authority() {}

  /** The index of the colon before the port, or the length when there is no port. */
  static int hostEnd(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > authority.lastIndexOf(']') ? colon : authority.length();
  }
}
