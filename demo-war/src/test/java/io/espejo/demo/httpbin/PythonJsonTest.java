package io.espejo.demo.httpbin;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonJsonTest {
  @Test
  void pretty_nestedValues_indentsAndSortsAsFlask() {
    assertThat(PythonJson.pretty(Map.of("b", List.of("1", "2"), "a", Map.of(), "c", List.of())))
        .isEqualTo(
            """
            {
              "a": {},
              "b": [
                "1",
                "2"
              ],
              "c": []
            }
            """);
  }

  @Test
  void line_anyOrder_keepsIt() {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("z", "1");
    value.put("a", 2);
    assertThat(PythonJson.line(value)).isEqualTo("{\"z\": \"1\", \"a\": 2}");
  }

  @Test
  void string_controlsQuotesAndOtherScripts_areEscaped() {
    assertThat(PythonJson.line(Map.of("a", "\"\\\n\t\u0001\u007fé\uD83D\uDE00")))
        .isEqualTo("{\"a\": \"\\\"\\\\\\n\\t\\u0001\\u007f\\u00e9\\ud83d\\ude00\"}");
  }

  /** Expected: what Python 3.11 prints. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "-7, -7",
    "12345678901234567890123, 12345678901234567890123",
    "1.50, 1.5",
    "1e5, 100000.0",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "1.5e-7, 1.5e-07",
    "1e15, 1000000000000000.0",
    "1e16, 1e+16",
    "-2.5e100, -2.5e+100",
    "1e400, Infinity",
    "true, true",
    "null, null"
  })
  void number_asPython_itsRepr(String json, String printed) {
    assertThat(
            PythonJson.line(
                Map.of(
                    "n", Json.createReader(new StringReader("[" + json + "]")).readArray().get(0))))
        .isEqualTo("{\"n\": " + printed + "}");
  }
}
