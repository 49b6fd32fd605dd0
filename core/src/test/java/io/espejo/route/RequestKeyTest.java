package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class RequestKeyTest {
  private static final RequestKey USER = new RequestKey.Header("x-user");

  private static OptionalInt draw(String user) {
    return USER.draw(TestRequest.get("/", "X-User", user));
  }

  @Test
  void draw_ofKnownKeys_isTheSameInEveryProcess() {
    // Written down: a change would move every key in or out of a share that runs.
    assertThat(draw("alice")).hasValue(220572);
    assertThat(draw("bob")).hasValue(913964);
  }

  @Test
  void draw_withoutKeyOrWithAnEmptyOne_isNone() {
    assertThat(USER.draw(TestRequest.get("/"))).isEmpty();
    assertThat(draw("")).isEmpty();
    assertThat(new RequestKey.QueryParameter("u").draw(TestRequest.get("/?v=1&u="))).isEmpty();
    assertThat(new RequestKey.Cookie("u").draw(TestRequest.get("/", "Cookie", "v=1"))).isEmpty();
  }

  @Test
  void draw_ofOneKey_isTheSameWhereverItStands() {
    OptionalInt alice = draw("alice");
    assertThat(new RequestKey.QueryParameter("u").draw(TestRequest.get("/?a&u=alice")))
        .isEqualTo(alice);
    assertThat(
            new RequestKey.Cookie("u").draw(TestRequest.get("/", "Cookie", "a=b; u=\"alice\"; c")))
        .isEqualTo(alice);
  }

  @Property
  void smallerShare_liesInsideLarger(
      @ForAll @AlphaChars @StringLength(min = 1, max = 40) String user,
      @ForAll @IntRange(max = Draw.BOUND) int one,
      @ForAll @IntRange(max = Draw.BOUND) int other) {
    int draw = draw(user).orElseThrow();
    Share smaller = new Share(Math.min(one, other));
    Share larger = new Share(Math.max(one, other));
    assertThat(draw).isBetween(0, Draw.BOUND - 1);
    assertThat(smaller.includes(draw) && !larger.includes(draw)).isFalse();
  }

  @Test
  void manyKeys_fallEvenly() {
    Share tenth = new Share(Draw.BOUND / 10);
    long in =
        IntStream.range(0, 100_000)
            .filter(number -> tenth.includes(draw("user-" + number).orElseThrow()))
            .count();
    // 4 sigma of a binomial distribution.
    assertThat(in).isBetween(10_000L - 380, 10_000L + 380);
  }
}
