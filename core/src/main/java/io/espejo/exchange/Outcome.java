package io.espejo.exchange;

/**
 * What became of one copy that was considered: every copy ends in exactly one.
 *
 * <p>They add up: considered = sampled out + dropped + failed + completed.
 */
public sealed interface Outcome {
  /** The draw fell outside the mirror's share. */
  record SampledOut() implements Outcome {}

  /** Given up before a byte of it reached a connection to v2. */
  record Dropped(Reason reason) implements Outcome {}

  /** Given up after some of it reached a connection to v2; that connection was reset. */
  record Failed(Reason reason) implements Outcome {}

  /**
   * v2 answered, and the whole answer was read and thrown away.
   *
   * @param statusClass the first digit of the status, 2 to 9
   */
  record Completed(int statusClass) implements Outcome {}

  /** Why a copy was dropped or failed. */
  enum Reason {
    /** Mirroring is switched off. */
    DISABLED,
    /** The request carried the marker: it is a copy itself. */
    LOOP,
    /** The request asks for a protocol upgrade; those are never mirrored. */
    UPGRADE,
    /** The mirror's policy has expired. */
    EXPIRED,
    /** The mirror's policy leaves out requests with this method. */
    METHOD,
    /** No document defines the mirror's host or subset. */
    UNKNOWN_CLUSTER,
    /** The mirror's destination has no endpoint. */
    NO_ENDPOINT,
    /** Too many copies were in flight for this destination. */
    IN_FLIGHT,
    /** The memory for all copies was used up. */
    MEMORY,
    /** Copies to this destination are paused after failures in a row. */
    PAUSED,
    /** The connection was refused, the host not found, or the TLS handshake failed. */
    CONNECT,
    /** No connection within the limit. */
    CONNECT_TIMEOUT,
    /** The body was longer than the limit. */
    BODY_SIZE,
    /** v2 lagged too far behind v1 within the body. */
    LAG,
    /** v2 took no byte of the body within the limit. */
    BODY_TIMEOUT,
    /** v2 did not answer within the limit after the end of the request. */
    ANSWER_TIMEOUT,
    /** v2's answer was larger than the limit. */
    ANSWER_SIZE,
    /** v2 closed or reset the connection. */
    RESET,
    /** What v2 answered is not HTTP. */
    GARBAGE,
    /** The client or v1 ended the request before it was whole. */
    CUT,
    /** The application that the filter sits in did not read the request to its end. */
    UNREAD,
    /** The request cannot be written as HTTP to v2. */
    UNSENDABLE,
    /** Running copies were aborted by the operator. */
    ABORTED,
    /** Espejo was closed. */
    CLOSED;
  }
}
