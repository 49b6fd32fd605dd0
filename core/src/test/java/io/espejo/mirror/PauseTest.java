package io.espejo.mirror;

import static io.espejo.mirror.Pause.Admission.OPEN;
import static io.espejo.mirror.Pause.Admission.PAUSED;
import static io.espejo.mirror.Pause.Admission.PROBE;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PauseTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final Pause pause = new Pause(3, Duration.ofSeconds(1), Duration.ofSeconds(3));

  private void fail(int times, long now) {
    for (int i = 0; i < times; i++) {
      pause.failed(false, now);
    }
  }

  @Test
  void failures_oneLessThanTheLimit_stayOpen() {
    fail(2, 0);

    assertThat(pause.admit(0)).isEqualTo(OPEN);
  }

  @Test
  void failures_asManyAsTheLimit_pause() {
    fail(2, 0);

    assertThat(pause.failed(false, 0)).isTrue();
    assertThat(pause.admit(0)).isEqualTo(PAUSED);
    assertThat(pause.admit(SECOND - 1)).isEqualTo(PAUSED);
  }

  @Test
  void answer_betweenFailures_beginsTheRowAnew() {
    fail(2, 0);
    pause.succeeded(false);
    fail(2, 0);

    assertThat(pause.admit(0)).isEqualTo(OPEN);
  }

  @Test
  void pause_isOver_oneProbeAtATime() {
    fail(3, 0);

    assertThat(pause.admit(SECOND)).isEqualTo(PROBE);
    assertThat(pause.admit(SECOND)).isEqualTo(PAUSED);
  }

  /** Its client may be slow: that says nothing of v2. */
  @Test
  void probe_longerThanTheLongestPause_keepsNoOtherBack() {
    fail(3, 0);
    pause.admit(SECOND);

    assertThat(pause.admit(4 * SECOND)).isEqualTo(PAUSED);
    assertThat(pause.admit(4 * SECOND + 1)).isEqualTo(PROBE);
    assertThat(pause.admit(4 * SECOND + 2)).isEqualTo(PAUSED);
    pause.succeeded(true);
    assertThat(pause.admit(4 * SECOND + 2)).isEqualTo(OPEN);
  }

  @Test
  void probe_isAnswered_opens() {
    fail(3, 0);
    pause.admit(SECOND);
    pause.succeeded(true);

    assertThat(pause.admit(SECOND)).isEqualTo(OPEN);
    fail(2, SECOND);
    assertThat(pause.admit(SECOND)).isEqualTo(OPEN);
  }

  @Test
  void probe_fails_doublesThePauseUpToItsLongest() {
    fail(3, 0);
    long now = SECOND;
    assertThat(pause.admit(now)).isEqualTo(PROBE);
    pause.failed(true, now);
    assertThat(pause.admit(now + 2 * SECOND - 1)).isEqualTo(PAUSED);
    now += 2 * SECOND;
    assertThat(pause.admit(now)).isEqualTo(PROBE);
    pause.failed(true, now);
    assertThat(pause.admit(now + 3 * SECOND - 1)).isEqualTo(PAUSED);
    assertThat(pause.admit(now + 3 * SECOND)).isEqualTo(PROBE);
  }

  @Test
  void pause_whoseFirstIsLongerThanTheLongest_isTheLongest() {
    Pause odd = new Pause(1, Duration.ofSeconds(9), Duration.ofSeconds(2));
    odd.failed(false, 0);

    assertThat(odd.admit(2 * SECOND - 1)).isEqualTo(PAUSED);
    assertThat(odd.admit(2 * SECOND)).isEqualTo(PROBE);
  }

  @Test
  void probe_saysNothing_anotherOneMayTry() {
    fail(3, 0);
    pause.admit(SECOND);
    pause.abandoned(true);

    assertThat(pause.admit(SECOND)).isEqualTo(PROBE);
  }

  @Test
  void copiesFromBeforeThePause_neitherProlongNorEndIt() {
    fail(3, 0);
    pause.failed(false, SECOND / 2);
    pause.succeeded(false);

    assertThat(pause.admit(SECOND - 1)).isEqualTo(PAUSED);
    assertThat(pause.admit(SECOND)).isEqualTo(PROBE);
  }
}
