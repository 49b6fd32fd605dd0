package io.espejo.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.RetryOn;
import io.espejo.route.RetryPolicy;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLHandshakeException;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;

class RetryConditionsTest {
  @Test
  void answer_byStatus_isAskedForAgain() {
    assertThat(after(500, RetryOn.SERVER_ERROR)).isTrue();
    assertThat(after(499, RetryOn.SERVER_ERROR)).isFalse();
    assertThat(after(501, RetryOn.GATEWAY_ERROR)).isFalse();
    assertThat(after(502, RetryOn.GATEWAY_ERROR)).isTrue();
    assertThat(after(504, RetryOn.GATEWAY_ERROR)).isTrue();
    assertThat(after(505, RetryOn.GATEWAY_ERROR)).isFalse();
    assertThat(after(409, RetryOn.RETRIABLE_4XX)).isTrue();
    assertThat(after(404, RetryOn.RETRIABLE_4XX)).isFalse();
    assertThat(after(429, RetryOn.RETRIABLE_STATUS_CODES)).isTrue();
    assertThat(after(503, RetryOn.RETRIABLE_STATUS_CODES)).isFalse();
    assertThat(after(500, RetryOn.RESET)).isFalse();
  }

  @Test
  void answer_byGrpcStatus_isAskedForAgain() {
    assertThat(afterGrpc("1", RetryOn.CANCELLED)).isTrue();
    assertThat(afterGrpc("4", RetryOn.DEADLINE_EXCEEDED)).isTrue();
    assertThat(afterGrpc("8", RetryOn.RESOURCE_EXHAUSTED)).isTrue();
    assertThat(afterGrpc("13", RetryOn.INTERNAL)).isTrue();
    assertThat(afterGrpc("14", RetryOn.UNAVAILABLE)).isTrue();
    assertThat(afterGrpc("0", RetryOn.UNAVAILABLE)).isFalse();
  }

  @Test
  void answer_rateLimited_isAskedForAgainOnlyByName() {
    HttpFields limited = HttpFields.build().add("x-envoy-ratelimited", "true");

    assertThat(RetryConditions.afterAnswer(on(RetryOn.SERVER_ERROR), 503, limited)).isFalse();
    assertThat(RetryConditions.afterAnswer(on(RetryOn.ENVOY_RATELIMITED), 429, limited)).isTrue();
    assertThat(after(429, RetryOn.ENVOY_RATELIMITED)).isFalse();
  }

  @Test
  void failure_withoutConnection_isTriedAgain() {
    Throwable failure = new SocketTimeoutException("connect");
    for (RetryOn condition :
        Set.of(
            RetryOn.CONNECT_FAILURE,
            RetryOn.RESET_BEFORE_REQUEST,
            RetryOn.RESET,
            RetryOn.SERVER_ERROR,
            RetryOn.GATEWAY_ERROR)) {
      assertThat(RetryConditions.afterFailure(on(condition), failure, false)).isTrue();
    }
    assertThat(RetryConditions.afterFailure(on(RetryOn.UNAVAILABLE), failure, false)).isFalse();
  }

  @Test
  void failure_onAConnection_isNoConnectFailure() {
    Throwable failure = new IOException("reset");

    assertThat(RetryConditions.afterFailure(on(RetryOn.CONNECT_FAILURE), failure, true)).isFalse();
    assertThat(RetryConditions.afterFailure(on(RetryOn.RESET_BEFORE_REQUEST), failure, true))
        .isFalse();
    assertThat(RetryConditions.afterFailure(on(RetryOn.RESET), failure, true)).isTrue();
    assertThat(
            RetryConditions.afterFailure(
                on(RetryOn.REFUSED_STREAM), new IOException("refused_stream_error"), true))
        .isTrue();
  }

  @Test
  void failure_ofTheTlsHandshake_isAConnectFailure() {
    Throwable failure = new SSLHandshakeException("expired");

    assertThat(RetryConditions.afterFailure(on(RetryOn.CONNECT_FAILURE), failure, true)).isTrue();
  }

  @Test
  void failure_overflow_isNeverTriedAgain() {
    assertThat(
            RetryConditions.afterFailure(
                on(RetryOn.RESET), new RejectedExecutionException("full"), false))
        .isFalse();
  }

  @Test
  void backoff_doublesUpToTenTimesTheBase() {
    Backoff most = new Backoff(Duration.ofMillis(25), bound -> bound - 1);

    assertThat(new long[] {next(most), next(most), next(most), next(most), next(most), next(most)})
        .containsExactly(24, 49, 99, 199, 249, 249);
    assertThat(next(new Backoff(Duration.ofMillis(25), bound -> 0))).isZero();
  }

  @Test
  void expectedTime_isTheAttemptsOrWhatIsLeftOfTheWhole() {
    assertThat(expected(0, 0, 0)).isZero();
    assertThat(expected(300, 0, 0)).isEqualTo(300);
    assertThat(expected(300, 0, 100)).isEqualTo(200);
    assertThat(expected(300, 0, 400)).isEqualTo(1);
    assertThat(expected(0, 200, 100)).isEqualTo(200);
    assertThat(expected(300, 200, 150)).isEqualTo(150);
    assertThat(expected(300, 300, 0)).isEqualTo(300);
  }

  private static long expected(long timeout, long perTry, long elapsed) {
    RetryPolicy policy =
        new RetryPolicy(
            2, Duration.ofMillis(perTry), Set.of(), Set.of(), RetryPolicy.DEFAULT_BACKOFF, true);
    return PrimaryRules.expectedMillis(Duration.ofMillis(timeout), policy, elapsed);
  }

  private static long next(Backoff backoff) {
    return backoff.next().toMillis();
  }

  private static boolean after(int status, RetryOn condition) {
    return RetryConditions.afterAnswer(on(condition), status, HttpFields.EMPTY);
  }

  private static boolean afterGrpc(String status, RetryOn condition) {
    return RetryConditions.afterAnswer(
        on(condition), 200, HttpFields.build().add("grpc-status", status));
  }

  private static RetryPolicy on(RetryOn condition) {
    return new RetryPolicy(
        2, Duration.ZERO, Set.of(condition), Set.of(429), RetryPolicy.DEFAULT_BACKOFF, true);
  }
}
