package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a gRPC client's {@code grpc-timeout} does beside the route's {@code timeout}. */
class GrpcTimeoutTest {
  @ParameterizedTest
  @CsvSource({
    "200m, PT0S, 200",
    "5S, PT0S, 5000",
    "5S, PT1S, 1000",
    "500m, PT1S, 500",
    "1500u, PT0S, 2",
    "1n, PT0S, 1",
    "2M, PT0S, 120000",
    "1H, PT0S, 3600000",
    "99999999H, PT1S, 1000",
    "0m, PT0S, 0",
    "0m, PT1S, 1000",
    "x, PT1S, 1000",
    "5Sx, PT0S, 0",
    "123456789m, PT0S, 0",
    "'', PT1S, 1000"
  })
  void timeout_ofAGrpcRequest_isItsOwnUpToTheRoutes(String said, Duration route, long millis) {
    assertThat(head("application/grpc+proto", said).timeout(route))
        .isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void timeout_ofAnotherRequest_isTheRoutes() {
    assertThat(head("application/json", "200m").timeout(Duration.ofSeconds(1))).hasSeconds(1);
    assertThat(head("application/json", "200m").expecting(1000).header("grpc-timeout"))
        .contains("200m");
  }

  @Test
  void expecting_ofAGrpcRequest_isSaidInItsOwnHeaderAsWell() {
    RequestHead told = head("application/grpc", "5S").expecting(5000);
    assertThat(told.header("grpc-timeout")).contains("5000m");
    assertThat(told.header("x-envoy-expected-rq-timeout-ms")).contains("5000");
    assertThat(head("application/grpc", "0m").expecting(0).header("grpc-timeout")).contains("0m");
  }

  @ParameterizedTest
  @CsvSource({
    "99999999, 99999999m",
    "100000000, 100000S",
    "100000000000, 1666666M",
    "7000000000000000, 99999999H",
    "7000000000000, 1944444H"
  })
  void text_ofManyMilliseconds_hasEightDigits(long millis, String text) {
    assertThat(GrpcTimeout.of(millis)).isEqualTo(text);
  }

  private static RequestHead head(String type, String timeout) {
    return RequestHead.primary(
        UpstreamFixture.request("", "::1", "content-type", type, "grpc-timeout", timeout), "/");
  }
}
