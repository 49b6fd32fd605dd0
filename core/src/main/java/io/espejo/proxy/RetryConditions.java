package io.espejo.proxy;

import io.espejo.route.RetryOn;
import io.espejo.route.RetryPolicy;
import io.espejo.upstream.Fault;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/** Whether an attempt that ended so asks for another one, as Envoy decides it. */
final class RetryConditions {
  private RetryConditions() {}

  /** After the head of an answer. */
  static boolean afterAnswer(RetryPolicy policy, int status, HttpFields head) {
    Set<RetryOn> on = policy.on();
    boolean hit =
        (status >= 500 && status <= 599 && on.contains(RetryOn.SERVER_ERROR))
            || (status >= 502 && status <= 504 && on.contains(RetryOn.GATEWAY_ERROR))
            || (status == 409 && on.contains(RetryOn.RETRIABLE_4XX))
            || (on.contains(RetryOn.RETRIABLE_STATUS_CODES) && policy.statuses().contains(status))
            || afterGrpc(on, head.get("grpc-status"));
    // An answer of a rate limiter is asked for again only by its own name.
    boolean byName = on.contains(RetryOn.ENVOY_RATELIMITED);
    return (hit == byName || !head.contains("x-envoy-ratelimited")) ? hit : byName;
  }

  private static boolean afterGrpc(Set<RetryOn> on, @Nullable String status) {
    if (status == null) {
      return false;
    }
    return switch (status) {
      case "1" -> on.contains(RetryOn.CANCELLED);
      case "4" -> on.contains(RetryOn.DEADLINE_EXCEEDED);
      case "8" -> on.contains(RetryOn.RESOURCE_EXHAUSTED);
      case "13" -> on.contains(RetryOn.INTERNAL);
      case "14" -> on.contains(RetryOn.UNAVAILABLE);
      default -> false;
    };
  }

  /**
   * After no answer.
   *
   * @param given whether the request was given a connection, which with TLS may not be made yet
   */
  static boolean afterFailure(RetryPolicy policy, Throwable failure, boolean given) {
    boolean connected = given && !Fault.isOfConnecting(failure);
    Set<RetryOn> on = policy.on();
    return switch (Fault.of(failure)) {
      case OVERFLOW, UNSENDABLE -> false;
      case TIMED_OUT, DISCONNECTED, MALFORMED ->
          on.contains(RetryOn.RESET)
              || on.contains(RetryOn.SERVER_ERROR)
              || on.contains(RetryOn.GATEWAY_ERROR)
              || (!connected
                  && (on.contains(RetryOn.CONNECT_FAILURE)
                      || on.contains(RetryOn.RESET_BEFORE_REQUEST)))
              || (on.contains(RetryOn.REFUSED_STREAM) && isRefusedStream(failure));
    };
  }

  /**
   * By its own code or, as with Envoy, by the end of its connection. Jetty tells of the code of a
   * reset in words only.
   */
  private static boolean isRefusedStream(Throwable failure) {
    if (Fault.isUnprocessed(failure)) {
      return true;
    }
    String message = failure.getMessage();
    return message != null && message.contains("refused_stream");
  }
}
