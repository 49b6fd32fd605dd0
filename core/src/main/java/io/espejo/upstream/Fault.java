package io.espejo.upstream;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.client.RetryableRequestException;
import org.eclipse.jetty.http.HttpException;

/** What an exchange failed of, told from Jetty's many ways to say it. */
public enum Fault {
  /** Too many requests waited for a connection. */
  OVERFLOW,
  /** Nothing moved for too long, or a connection took too long to open. */
  TIMED_OUT,
  /** Refused, reset or closed; also in the middle of an answer's head. */
  DISCONNECTED,
  /** The request does not fit what the client may send. */
  UNSENDABLE,
  /** The answer is not HTTP, or breaks its limits. */
  MALFORMED;

  /** The fault behind a failure of Jetty's client. */
  public static Fault of(Throwable failure) {
    if (failure instanceof RejectedExecutionException) {
      return OVERFLOW;
    }
    if (failure instanceof TimeoutException || failure instanceof SocketTimeoutException) {
      return TIMED_OUT;
    }
    if (failure instanceof IOException || isUnprocessed(failure)) {
      return DISCONNECTED;
    }
    if (failure instanceof IllegalArgumentException) {
      return UNSENDABLE;
    }
    return failure instanceof HttpResponseException
            && failure.getCause() instanceof HttpException head
            && head.getReason() != null
            && head.getReason().contains("EOF")
        ? DISCONNECTED
        : MALFORMED;
  }

  /**
   * Whether the server said that it has not looked at the request before it closed the connection,
   * so that any request may be sent again (RFC 9113, section 8.7).
   */
  public static boolean isUnprocessed(Throwable failure) {
    return failure instanceof RetryableRequestException
        // By a connection of HTTP/2 on which the server's leave has come before the request.
        || (failure instanceof IllegalStateException
            && "session closed".equals(failure.getMessage()));
  }

  /** Whether there was no connection yet, with TLS if it is to have that: nothing was sent. */
  public static boolean isOfConnecting(Throwable failure) {
    return failure instanceof SocketTimeoutException || failure instanceof SSLHandshakeException;
  }
}
