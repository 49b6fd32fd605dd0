package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextMatchTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a{1000}",
        "(a{10}){100}",
        "a{1000}b{1000}",
        "(a{10}b{100}){10}",
        "[{]{1000}",
        "\\x{1F600}{1000}",
        "\\Q{1001}\\E",
        "[]({9]a{1000}",
        "[[:alpha:]{]{1000}",
        "a{,1001}",
        "a{x}{1000}",
        "\\p{Greek}{1000}"
      })
  void regex_repeatsWithinTheLimit_isAccepted(String regex) {
    assertThat(TextMatch.regex(regex).accepts("")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a{10}){101}",
        "(((a{100}){100}){100}){100}",
        "((a{100}|b)c{10}){11}",
        "(a{100,}){11}",
        "(a{0,100}){0,11}"
      })
  void regex_nestedRepeatsOverTheLimit_isRefused(String regex) {
    assertThatThrownBy(() -> TextMatch.regex(regex))
        .hasMessage("nested repeats of more than 1000 in all");
  }

  @Test
  void regex_1024Characters_isTheLongest() {
    assertThat(TextMatch.regex("a".repeat(1024)).accepts("a".repeat(1024))).isTrue();
    assertThatThrownBy(() -> TextMatch.regex("a".repeat(1025)))
        .hasMessage("1025 characters (expected: 1..1024)");
    assertThatThrownBy(() -> TextMatch.regex("")).hasMessage("0 characters (expected: 1..1024)");
  }

  @Test
  void regex_notRe2_isRefusedWithTheReason() {
    assertThatThrownBy(() -> TextMatch.regex("(?=a)"))
        .hasMessage("invalid or unsupported Perl syntax: `(?=`");
    assertThatThrownBy(() -> TextMatch.regex("*"))
        .hasMessage("missing argument to repetition operator: `*`");
  }

  @Test
  void regex_catastrophicElsewhere_takesLinearTime() {
    assertThat(TextMatch.regex("(a*)*b").accepts("a".repeat(20_000))).isFalse();
  }

  /** The literal beginning is compared, and groups capture nothing: a plain RE2 says the same. */
  @Property
  void regex_anyExpressionAndText_acceptsWhatRe2Matches(
      @ForAll("expressions") String expression, @ForAll("texts") String text) {
    Pattern plain = compiled(expression);
    TextMatch regex = TextMatch.regex(expression);
    assertThat(regex.accepts(text)).isEqualTo(plain.matches(text));
    assertThat(regex.accepts("")).isEqualTo(plain.matches(""));
  }

  private static Pattern compiled(String expression) {
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException invalid) {
      Assume.that(false);
      throw invalid;
    }
  }

  @Provide
  Arbitrary<String> expressions() {
    return Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.of("a", "b", "/", "ab", "/a", "/b")),
            Tuple.of(
                4,
                Arbitraries.of(
                    "a+",
                    "b*",
                    "/?",
                    "a{1,2}",
                    ".",
                    ".*",
                    "[ab]",
                    "[^/]+",
                    "[(|^]",
                    "[]a]",
                    "[[:alpha:]]+",
                    "\\.",
                    "\\/",
                    "\\\\",
                    "\\w",
                    "\\d*",
                    "\\Qa|\\E",
                    "+?",
                    "*?")),
            Tuple.of(
                2,
                Arbitraries.of(
                    "(",
                    "(",
                    ")",
                    ")",
                    ")+",
                    "|",
                    "^",
                    "$",
                    "(a|b)",
                    "(?:a|/)*",
                    "(?i)",
                    "(?i:A)",
                    "(?P<n>a)",
                    "\\b",
                    "\\B",
                    "\\A",
                    "\\z",
                    "(?m)",
                    "(?s).",
                    "(a+)+",
                    "é")))
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .map(parts -> String.join("", parts));
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars("aabb//A.1\n\\(|^é").ofMaxLength(7);
  }
}
