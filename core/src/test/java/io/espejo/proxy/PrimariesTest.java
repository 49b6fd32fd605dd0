package io.espejo.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Faults.Delay;
import io.espejo.route.Share;
import io.espejo.upstream.Leg;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrimariesTest {
  @Test
  void delay_oneOverTheLimit_goesOnAtOnceAndIsCounted() {
    Leg.Settings settings =
        new Leg.Settings(
            "test", 8, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ZERO, 1, 1, 2);
    List<String> heard = new ArrayList<>();
    try (Leg leg = Leg.start(settings);
        Primaries primaries =
            new Primaries(
                leg,
                new PrimaryLimits(
                    2, Duration.ofMinutes(5), 0, 0, Duration.ZERO, 0, Duration.ZERO))) {
      Delay hour = new Delay(Duration.ofHours(1), Share.ALL);
      for (int i = 0; i < 3; i++) {
        int number = i;
        primaries.delay(hour, () -> heard.add("then " + number), () -> heard.add("closed"));
      }

      assertThat(heard).containsExactly("then 2");
      assertThat(primaries.counts().delays()).isEqualTo(2);
      assertThat(primaries.counts().delaysOverLimit()).isEqualTo(1);
    }
    assertThat(heard).containsExactly("then 2", "closed", "closed");
  }
}
