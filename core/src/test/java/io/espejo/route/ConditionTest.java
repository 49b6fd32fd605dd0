package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.TextMatch.Exact;
import io.espejo.route.TextMatch.Prefix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionTest {
  @Test
  void path_prefix_isAStringPrefix() {
    Condition condition = new Condition.Path(new Prefix("/foo", false));
    assertThat(TestRequest.get("/foobar?x").meets(condition)).isTrue();
    assertThat(TestRequest.get("/foo").meets(condition)).isTrue();
    assertThat(TestRequest.get("/fo").meets(condition)).isFalse();
    assertThat(TestRequest.get("/Foo").meets(condition)).isFalse();
  }

  @Test
  void path_ignoringCase_matchesAnyCase() {
    assertThat(TestRequest.get("/iCX").meets(new Condition.Path(new Prefix("/Ic", true)))).isTrue();
    assertThat(TestRequest.get("/iC").meets(new Condition.Path(new Exact("/Ic", true)))).isTrue();
    assertThat(TestRequest.get("/iCX").meets(new Condition.Path(new Exact("/Ic", true)))).isFalse();
  }

  @Test
  void path_regex_matchesTheWholeValue() {
    Condition condition = new Condition.Path(TextMatch.regex("/re/[0-9]+"));
    assertThat(TestRequest.get("/re/12?x=y").meets(condition)).isTrue();
    assertThat(TestRequest.get("/re/12x").meets(condition)).isFalse();
    assertThat(TestRequest.get("/a/re/12").meets(condition)).isFalse();
  }

  @Test
  void method_exact_isCaseSensitive() {
    Condition condition = new Condition.Method(new Exact("GET", false));
    assertThat(TestRequest.get("/").meets(condition)).isTrue();
    assertThat(TestRequest.get("/").withMethod("get").meets(condition)).isFalse();
  }

  @Test
  void authority_exact_includesThePortAndTheCase() {
    Condition condition = new Condition.Authority(new Exact("httpbin:8000", false));
    assertThat(TestRequest.get("/").meets(condition)).isTrue();
    assertThat(TestRequest.get("/").withAuthority("httpbin").meets(condition)).isFalse();
    assertThat(TestRequest.get("/").withAuthority("HTTPBIN:8000").meets(condition)).isFalse();
  }

  @Test
  void header_repeated_isTestedLineByLine() {
    TestRequest request = TestRequest.get("/", "X-A", "1", "x-b", "", "x-a", "2");
    assertThat(request.meets(new Condition.Header("x-a", new Exact("1", false)))).isTrue();
    assertThat(request.meets(new Condition.Header("x-a", new Exact("2", false)))).isTrue();
    assertThat(request.meets(new Condition.Header("x-a", new Exact("1,2", false)))).isFalse();
  }

  @Test
  void header_present_needsALineEvenAnEmptyOne() {
    TestRequest request = TestRequest.get("/", "x-a", "");
    assertThat(request.meets(new Condition.Header("x-a", TextMatch.PRESENT))).isTrue();
    assertThat(request.meets(new Condition.Header("x-b", TextMatch.PRESENT))).isFalse();
    assertThat(request.meets(new Condition.Header("x-b", new Exact("", false)))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "/?k=A, true",
    "/?k=A&k=B, true",
    "/?&k=A, true",
    "/?a=k&k=A, true",
    "/?kk=B&k=A, true",
    "/?k=B&k=A, false",
    "/?k=%41, false",
    "/?K=A, false",
    "/?a;k=A, false",
    "/?k=A=, false",
    "/?k&k=A, false",
    "/?, false",
    "/, false",
  })
  void queryParam_exact_testsTheFirstRawValue(String target, boolean expected) {
    Condition condition = new Condition.QueryParam("k", new Exact("A", false));
    assertThat(TestRequest.get(target).meets(condition)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "/?k, true",
    "/?k=, true",
    "/?k&k=x, true",
    "/?k=x, false",
    "/?kk, false",
    "/, false"
  })
  void queryParam_exactEmpty_matchesTheBareKey(String target, boolean expected) {
    Condition condition = new Condition.QueryParam("k", new Exact("", false));
    assertThat(TestRequest.get(target).meets(condition)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/?k", "/?k=", "/?a&k=1"})
  void queryParam_present_needsTheKey(String target) {
    Condition condition = new Condition.QueryParam("k", TextMatch.PRESENT);
    assertThat(TestRequest.get(target).meets(condition)).isTrue();
    assertThat(TestRequest.get("/?a=k").meets(condition)).isFalse();
  }

  @Test
  void conditions_several_mustAllHold() {
    Condition path = new Condition.Path(new Exact("/a", false));
    Condition header = new Condition.Header("x-a", TextMatch.PRESENT);
    assertThat(TestRequest.get("/a", "x-a", "1").meets(path, header)).isTrue();
    assertThat(TestRequest.get("/a").meets(path, header)).isFalse();
    assertThat(TestRequest.get("/a").meets()).isTrue();
  }

  @Test
  void withoutHeaders_absentHeader_countsAsEmpty() {
    assertThat(TestRequest.get("/").meets(without("a"))).isTrue();
    assertThat(TestRequest.get("/", "x-a", "z").meets(without("a"))).isTrue();
    assertThat(TestRequest.get("/", "x-a", "z", "x-a", "a").meets(without("a"))).isFalse();
    assertThat(TestRequest.get("/").meets(without(""))).isFalse();
  }

  @Test
  void withoutHeaders_presence_asksForAbsence() {
    Condition absent = new Condition.Not(new Condition.Header("x-a", TextMatch.PRESENT));
    assertThat(TestRequest.get("/").meets(absent)).isTrue();
    assertThat(TestRequest.get("/", "X-A", "").meets(absent)).isFalse();
  }

  @Test
  void scheme_isTheConnections() {
    assertThat(TestRequest.get("/").meets(new Condition.Scheme(new TextMatch.Prefix("ht", false))))
        .isTrue();
    assertThat(
            TestRequest.get("/").meets(new Condition.Scheme(new TextMatch.Exact("https", false))))
        .isFalse();
  }

  @Test
  void headersPath_seesTheQuery() {
    Condition target = new Condition.Target(new TextMatch.Exact("/a?b=c", false));
    assertThat(TestRequest.get("/a?b=c").meets(target)).isTrue();
    assertThat(TestRequest.get("/a").meets(target)).isFalse();
  }

  private static Condition without(String value) {
    return new Condition.Not(new Condition.Header("x-a", new TextMatch.Exact(value, false), true));
  }
}
