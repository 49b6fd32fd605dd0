package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShareTest {
  @Test
  void share_none_includesNoDraw() {
    assertThat(Share.NONE.includes(0)).isFalse();
    assertThat(Share.NONE.includes(999_999)).isFalse();
  }

  @Test
  void share_all_includesEveryDraw() {
    assertThat(Share.ALL.includes(0)).isTrue();
    assertThat(Share.ALL.includes(999_999)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5_700, 500_000, 999_999})
  void share_overAllDraws_includesExactlyItsParts(int partsPerMillion) {
    Share share = new Share(partsPerMillion);
    assertThat(IntStream.range(0, 1_000_000).filter(share::includes).count())
        .isEqualTo(partsPerMillion);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1_000_001})
  void share_outOfRange_isRefused(int partsPerMillion) {
    assertThatThrownBy(() -> new Share(partsPerMillion))
        .hasMessage("partsPerMillion: " + partsPerMillion + " (expected: 0..1000000)");
  }

  @Property
  void share_smaller_liesInsideLarger(
      @ForAll @IntRange(max = 1_000_000) int one,
      @ForAll @IntRange(max = 1_000_000) int other,
      @ForAll @IntRange(max = 999_999) int draw) {
    Share smaller = new Share(Math.min(one, other));
    Share larger = new Share(Math.max(one, other));
    assertThat(smaller.includes(draw) && !larger.includes(draw)).isFalse();
  }
}
