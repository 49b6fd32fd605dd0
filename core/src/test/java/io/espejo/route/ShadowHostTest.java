package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShadowHostTest {
  @ParameterizedTest
  @CsvSource({
    "cluster-1, cluster-1-shadow",
    "httpbin:8000, httpbin-shadow:8000",
    "Example.com:8080, Example.com-shadow:8080",
    "192.168.1.1:80, 192.168.1.1-shadow:80",
    "[::1], [::1]-shadow",
    "[::1]:9000, [::1]-shadow:9000",
  })
  void authority_anyForm_getsTheSuffixBeforeThePort(String authority, String expected) {
    assertThat(ShadowHost.ISTIO.of(authority)).isEqualTo(expected);
  }
}
