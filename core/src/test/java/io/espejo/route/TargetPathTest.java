package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The expectations are what Envoy 1.40 with {@code normalize_path} sent upstream. */
class TargetPathTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '§',
      value = {
        "/a/./b /a/b",
        "/a/../b /b",
        "/a/.. /",
        "/a/. /a/",
        "/.. /",
        "/../../a /a",
        "/a/b/../../.. /",
        "/a//../b /a/b",
        "//../a /a",
        "/a/..//b //b",
        "/..//a //a",
        "/a/../..//b //b",
        "/a/b/.. /a/",
        "/%2e/a /a",
        "/a/%2E%2e/b /b",
        "/a/.%2e/b /b",
        "/%2e%2e%2f /..%2f",
        "/a\\b /a/b",
        "/a\\..\\b /b",
        "/\\a //a",
        "/a\\ /a/",
        "/%41%42 /AB",
        "/%7e%7E /~~",
        "/%2d%5f%2E%30 /-_.0",
        "/%%34%31 /%2541",
        "/%4%31 /%2541",
        "/a/%%2e /a/%.",
        "/%41% /A%",
        "/%2g/../a /a",
        "/a/..;/b /b",
        "/a/..;x=1;y/b /b",
        "/a/.;x/b /a/b",
        "/a/..; /",
        "/a/.; /a/",
        "/a;x=1/../b /b",
        "/\"<>^`{|} /%22%3C%3E%5E%60%7B%7C%7D",
        "/a|b /a%7Cb",
      })
  void path_notNormal_isNormalised(String raw, String expected) {
    assertThat(TargetPath.normalise(raw)).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "//",
        "///",
        "/a//b",
        "/a%2Fb",
        "/a%2fb",
        "/a/..%2fb",
        "/a%2f../b",
        "/a%5cb",
        "/a%5C..%5Cb",
        "/%5c..",
        "/a;x=1/b",
        "/a/;/b",
        "/;",
        "/a/...",
        "/a/...;/b",
        "/a/..%3Bx/b",
        "/.a/..b/c.",
        "/a/b..;/c",
        "/%25",
        "/%2541",
        "/%zz",
        "/%4",
        "/%",
        "/%u0041",
        "/%20",
        "/%0d%0a",
        "/%c3%a9",
        "/%C3%A9",
        "/%ff",
        "/%3f%23",
        "/[]",
        "/'()*!,@:$&+=~",
        "/%21%2a%27%28%29",
        "*",
      })
  void path_normal_isReturnedAsItIs(String raw) {
    assertThat(TargetPath.normalise(raw)).containsSame(raw);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a/b", "\\a", "/a%00b", "/a#b", "/a b", "/é", "/a\u007fb", "/a\u0001b", "/?"})
  void path_thatEnvoyRefuses_isEmpty(String raw) {
    assertThat(TargetPath.normalise(raw)).isEmpty();
  }

  /** Unlike Envoy, which leaves this one to be resolved by whoever decodes it next. */
  @Test
  void path_escapedDotSegmentWithParameters_isResolved() {
    assertThat(TargetPath.normalise("/a/%2e.;x=1/b")).contains("/b");
  }

  @Property
  void path_normalisedTwice_isTheSame(@ForAll("paths") String raw) {
    String once = TargetPath.normalise(raw).orElseThrow();
    assertThat(TargetPath.normalise(once)).containsSame(once);
    assertThat(once).startsWith("/").doesNotContain("\\", "/../", "/./");
  }

  @Provide
  Arbitrary<String> paths() {
    return Arbitraries.of(
            "/", "\\", ".", "..", "%2e", "%2F", "%5c", "%", "%4", "1", "a", ";", ";x", "%25", "%41",
            "%34", "{", "~")
        .list()
        .ofMaxSize(12)
        .map(parts -> "/" + String.join("", parts));
  }
}
