package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathRewriteTest {
  @Test
  void rewriteUri_onPrefix_replacesWhatMatched() {
    assertThat(new PathRewrite.Prefix(4, "/bar").apply("/foobar")).isEqualTo("/barbar");
  }

  @Test
  void rewriteUri_onExactOrRegex_replacesTheWholePath() {
    assertThat(new PathRewrite.Whole("/bar").apply("/foo/x")).isEqualTo("/bar");
  }

  /** What Envoy 1.40 sent, asked. */
  @ParameterizedTest
  @CsvSource({
    "a*, X, /re/baac, X/XrXeX/XbXcX",
    "'^/grp/([a-z]+)/(.*)$', '/\\2/\\1/\\0\\\\', /grp/abc/de/f, '/de/f/abc//grp/abc/de/f\\'",
    "b, '', /abc, /ac",
    "nosuch, x, /abc, /abc",
    "'(x)?b', '[\\1]', /abc, /a[]c",
  })
  void uriRegexRewrite_anyMatch_isReplacedAsRe2Does(
      String regex, String substitution, String path, String result) {
    assertThat(PathRewrite.Regex.of(regex, substitution).apply(path)).isEqualTo(result);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\2", "\\x", "\\"})
  void uriRegexRewrite_substitutionWithoutItsGroup_isRefused(String substitution) {
    assertThatThrownBy(() -> PathRewrite.Regex.of("(a)", substitution))
        .hasMessage("\\0 to \\1, or \\\\ for a backslash");
  }
}
