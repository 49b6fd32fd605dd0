package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "1s, 1",
    "+1s, 1",
    ".5m, 30",
    "1.s, 1",
    "1000000µs, 1",
    "1000000\u03bcs, 1",
    "1.0000000000000000001s, 1",
    "1.9999e0s, ''",
    "+-1s, ''",
    ".s, ''",
    "61000ms, 61",
    "1h1m1s, 3661",
    "0.5m, 30"
  })
  void duration_asIstioWritesIt_isRead(String text, String seconds) throws Exception {
    String rules = Texts.route("corsPolicy: {maxAge: " + text + "}");
    if (seconds.isEmpty()) {
      assertThat(Texts.refusal(rules)).hasSize(1);
    } else {
      assertThat(
              Texts.compileWithHttpbin(rules)
                  .routes()
                  .virtualHost("httpbin")
                  .orElseThrow()
                  .routes()
                  .get(0)
                  .cors()
                  .orElseThrow()
                  .maxAge())
          .isEqualTo(seconds);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0s", "0", "0.5ms", "-1s", "1", "s", "1s2", "1.0000001s", "99999999999h", "''"})
  void duration_lessThanOneOrNotInMilliseconds_isRefused(String text) {
    assertThat(Texts.refusal(Texts.route("corsPolicy: {maxAge: " + text + "}")))
        .singleElement()
        .asString()
        .contains("spec.http[0].corsPolicy.maxAge: ");
  }
}
