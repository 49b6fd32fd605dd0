package io.espejo.testkit;

/** What a container may lack, so that the contract cannot ask for it. */
public enum Capability {
  /** Lets {@code //} in a path through to the filter. */
  DOUBLE_SLASH,
  /** Lets {@code %2F} in a path through to the filter. */
  ENCODED_SLASH,
  /** Lets a {@code %} of a query through that encodes nothing. */
  MALFORMED_QUERY,
  /** Leaves HTTP for another protocol. */
  UPGRADE,
  /** Does so for a request in place that was not answered in its first call. */
  ASYNCHRONOUS_UPGRADE,
  /** Sends trailer fields behind an answer. */
  ANSWER_TRAILERS,
  /** Tells whoever waits for more of a request that nobody wants it any more. */
  ABANDONED_READ,
  /** Takes a {@code Content-Type} that is no media type. */
  OTHER_CONTENT_TYPE,
  /** Sends a body without a {@code Content-Type}. */
  NO_CONTENT_TYPE,
  /** Shows the trailer fields of a request. */
  REQUEST_TRAILERS,
  /** Upgrades a connection by a handshake without {@code Content-Length}. */
  BARE_UPGRADE,
  /** Tells a reader that does not block of an end that comes with trailers on HTTP/2. */
  HTTP2_REQUEST_TRAILERS,
  /** Sends the head of an asynchronous answer to HEAD over HTTP/2. */
  HTTP2_HEAD,
  /** Tells a stream of HTTP/2 that is reset right behind its head from one that has ended. */
  RESET_AT_ONCE,
  /** Hands the bytes of a body with a length on as they come, and not by 32 KiB. */
  BYTES_AS_THEY_COME,
  /** Lets any thread read the rest of a request in chunks that v1 has refused. */
  REST_OF_CHUNKS,
  /** Hands a request of HTTP/2 on before it is whole, and with no length that it has not told. */
  HTTP2_OPEN_REQUESTS,
  /** Says no length of 0 with a 304 of something longer. */
  LENGTH_OF_304,
  /** Sends 103 on the way to an answer. */
  EARLY_HINTS,
  /** Can break a chunked answer, or a stream of HTTP/2, so that the client sees it. */
  CHUNKED_TRUNCATION,
  /** Keeps the client's connection after an answer of 400, 500, 501 or 503. */
  KEEP_ALIVE_AFTER_ERRORS,
  /** Never loses an answer, or the next request, for what had not come when it was answered. */
  EARLY_ANSWERS,
  /** Keeps the client's connection after an answer of 404, 502 or 504. */
  KEEP_ALIVE_AFTER_404,
  /** Takes and sends header lines of 64 KiB. */
  LONG_LINES,
  /** Refuses what is malformed, or reads it as v1 and v2 do; goes by the target or refuses it. */
  STRICT_REQUESTS,
  /** Refuses a head of HTTP/2 that has {@code :authority} twice. */
  ONE_AUTHORITY,
  /** Tells whoever writes an answer that its client has reset the stream, window or not. */
  RESET_OF_ANSWER,
  /** Shows that a request has no {@code Host}, or on HTTP/2 one without {@code :authority}. */
  ABSENT_HOST,
  /** Refuses a CR without an LF at once, and does not take it for the end of a line. */
  LONE_CR,
  /** Refuses a target that is a query alone, or takes it for one of {@code /}. */
  BARE_QUERY,
  /** Refuses an absolute target whose port is not that of {@code Host}. */
  TARGET_PORT,
  /** Refuses CONNECT by a 4xx or 501. */
  CONNECT_REFUSAL,
  /** Tells of bytes that are here before the first read. */
  AVAILABLE,
  /** Refuses a form of which it can read a part only, or tells of it. */
  UNREAD_PAIRS,
  /** Gives the parameters of a form in their order. */
  FORM_ORDER,
  /** Tells of every time-out of asynchronous processing. */
  EVERY_TIMEOUT,
  /** Carries an upgrade's bytes to and from an application's thread that blocks. */
  BLOCKING_UPGRADE
}
