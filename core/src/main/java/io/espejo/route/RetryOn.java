package io.espejo.route;

import java.util.Optional;

/**
 * When v1 is asked again, as Envoy's {@code x-envoy-retry-on} and {@code x-envoy-retry-grpc-on}
 * name it.
 */
public enum RetryOn {
  /** v1 answered 5xx, or not at all. */
  SERVER_ERROR("5xx"),
  /** v1 answered 502, 503 or 504, or not at all. */
  GATEWAY_ERROR("gateway-error"),
  /** v1 did not answer: disconnect, reset, time limit of the attempt. */
  RESET("reset"),
  /** The same, and nothing of the request was sent. */
  RESET_BEFORE_REQUEST("reset-before-request"),
  /** The connection could not be opened. */
  CONNECT_FAILURE("connect-failure"),
  /** v1 answered with {@code x-envoy-ratelimited}. */
  ENVOY_RATELIMITED("envoy-ratelimited"),
  /** v1 answered 409. */
  RETRIABLE_4XX("retriable-4xx"),
  /** v1 reset the stream with REFUSED_STREAM (HTTP/2). */
  REFUSED_STREAM("refused-stream"),
  /** v1 answered with one of the policy's statuses. */
  RETRIABLE_STATUS_CODES("retriable-status-codes"),
  /** v1 answered with a header that no field of Istio names: never. */
  RETRIABLE_HEADERS("retriable-headers"),
  /** HTTP/3 failed after it connected: never. */
  HTTP3_POST_CONNECT_FAILURE("http3-post-connect-failure"),
  /** {@code grpc-status: 1}. */
  CANCELLED("cancelled"),
  /** {@code grpc-status: 4}. */
  DEADLINE_EXCEEDED("deadline-exceeded"),
  /** {@code grpc-status: 13}. */
  INTERNAL("internal"),
  /** {@code grpc-status: 8}. */
  RESOURCE_EXHAUSTED("resource-exhausted"),
  /** {@code grpc-status: 14}. */
  UNAVAILABLE("unavailable");

  private final String word;

  RetryOn(String word) {
    this.word = word;
  }

  /** Its name in {@code retryOn}. */
  public String word() {
    return word;
  }

  /** The condition that has this name. */
  public static Optional<RetryOn> of(String word) {
    for (RetryOn condition : values()) {
      if (condition.word.equals(word)) {
        return Optional.of(condition);
      }
    }
    return Optional.empty();
  }
}
