package io.espejo.demo.httpbin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PercentTest {
  @ParameterizedTest
  @CsvSource({"a+b%20c, a b c", "%C3%A9, é", "%zz%, %zz%", "%ff%41, %FFA", "%2B%25, +%"})
  void decodeForm_anyInput_neverFails(String raw, String decoded) {
    assertThat(Percent.decodeForm(raw)).isEqualTo(decoded);
  }

  @ParameterizedTest
  @CsvSource({
    "/a%2Fb, /a/b",
    "/a%3Fb, /a%3Fb",
    "/%20%0a%25%7f, /%20%0a%25%7f",
    "/%41%C3%A9%E2%82, /Aé%E2%82"
  })
  void toIri_path_keepsWhatWouldChangeIt(String raw, String iri) {
    assertThat(Percent.toIri(raw, "?#")).isEqualTo(iri);
  }
}
