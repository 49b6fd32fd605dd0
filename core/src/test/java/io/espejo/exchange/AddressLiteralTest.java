package io.espejo.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressLiteralTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "a.b",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4.",
        "1.2.3.4:80",
        "0x7f.1",
        "2130706433",
        " 1.2.3.4",
        "[::1]",
        "::1%lo",
        ":::",
        "1:2",
        "1::2::3",
        "::g",
        ":"
      })
  void parse_whatIsNoLiteral_isEmpty(String text) {
    assertThat(AddressLiteral.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0,4", "255.255.255.255,4", "::,16", "2001:db8::1,16", "::ffff:192.0.2.1,4"})
  void parse_literal_isItsBytes(String text, int length) {
    assertThat(AddressLiteral.parse(text).orElseThrow()).hasSize(length);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1,192.0.2.1",
    "[0:0:0:0:0:0:0:1],::1",
    "0:0:0:0:0:0:0:0,::",
    "fe80:0:0:0:1:0:0:2%eth0,fe80::1:0:0:2",
    "2001:DB8:0:1:0:0:0:0,2001:db8:0:1::",
    "1:0:2:3:4:5:6:7,1:0:2:3:4:5:6:7",
    "::ffff:192.0.2.1,192.0.2.1",
    "no:address,no:address",
    "[,["
  })
  void canonical_isAsRfc5952HasIt(String text, String canonical) {
    assertThat(AddressLiteral.canonical(text)).isEqualTo(canonical);
  }
}
