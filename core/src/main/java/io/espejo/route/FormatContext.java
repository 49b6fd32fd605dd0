package io.espejo.route;

import java.util.Optional;

/** What the values of header edits can speak of: the exchange as it stands. */
public interface FormatContext {
  /**
   * The first line of a header of the request, or {@code :method}, {@code :scheme}, {@code
   * :authority}, {@code :path}.
   */
  Optional<String> request(String name);

  /** The first line of a header of the answer; none while there is no answer. */
  Optional<String> response(String name);

  /** The address of the client, behind the proxies that are trusted. */
  String clientAddress();

  /** The address of the peer that opened the connection. */
  String peerAddress();

  /** {@code HTTP/1.1}. */
  String protocol();
}
