package io.espejo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  private static Settings settings(String name, String text) {
    return Settings.from(asked -> Optional.ofNullable(Map.of(name, text).get(asked)));
  }

  /** The table of bounds, as the README has it. */
  @Test
  void nothingSet_isAsDocumented() {
    Settings none = Settings.DEFAULT;

    assertThat(none.mirroringEnabled()).isTrue();
    assertThat(none.shadow().maxInFlight()).isEqualTo(1024);
    assertThat(none.shadowMaxConnections()).isEqualTo(1024);
    assertThat(none.shadow().maxLagBytes()).isEqualTo(1 << 20);
    assertThat(none.shadow().maxBodyBytes()).isZero();
    assertThat(none.shadow().maxMemoryBytes()).isEqualTo(64 << 20);
    assertThat(none.shadow().maxAnswerBytes()).isZero();
    assertThat(none.shadowConnectTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(none.shadow().waitTimeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(none.shadow().bodyTimeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(none.shadow().answerTimeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(none.shadow().failuresToPause()).isEqualTo(20);
    assertThat(none.shadow().pause()).isEqualTo(Duration.ofSeconds(1));
    assertThat(none.shadow().maxPause()).isEqualTo(Duration.ofSeconds(60));
    assertThat(none.shadow().closeTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(none.primaryConnectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(none.primaryMaxConnections()).isEqualTo(1024);
    assertThat(none.primary().maxRequests()).isEqualTo(2048);
    assertThat(none.primary().idleTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(none.primary().retryBodyBytes()).isEqualTo(64 << 10);
    assertThat(none.primary().retryMemoryBytes()).isEqualTo(16 << 20);
    assertThat(none.primary().closeTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(none.primary().maxUpgrades()).isEqualTo(1024);
    assertThat(none.primary().upgradeIdleTimeout()).isEqualTo(Duration.ofMinutes(5));
  }

  @ParameterizedTest
  @CsvSource({
    "250ms, PT0.25S",
    "15s, PT15S",
    "5m, PT5M",
    "1h, PT1H",
    "PT1M30S, PT1M30S",
    "876000h, P36500D",
  })
  void duration_ofEachForm_isRead(String text, Duration expected) {
    assertThat(settings("shadow.answerTimeout", text).shadow().answerTimeout()).isEqualTo(expected);
  }

  /** A longer one has no count of nanoseconds, and would fail where it is first used. */
  @ParameterizedTest
  @ValueSource(
      strings = {"876001h", "999999999h", "PT876000H0.001S", "P106752D", "0s", "-1s", "1", ""})
  void duration_zeroOrTooLongOrNone_isRefusedByName(String text) {
    for (String name :
        new String[] {"shadow.answerTimeout", "shadow.pause", "primary.connectTimeout"}) {
      if (text.isEmpty()) {
        assertThat(settings(name, text).shadow()).isEqualTo(Settings.DEFAULT.shadow());
      } else {
        assertThatThrownBy(() -> settings(name, text))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageStartingWith(name + ": ");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "shadow.maxInFlight, 1, 0",
    "shadow.maxLagBytes, 1, 0",
    "shadow.maxMemoryBytes, 1125899906842624, 1125899906842625",
    "shadow.maxBodyBytes, 4294967296, -1",
    "shadow.maxAnswerBytes, 4294967296, 9223372036854775808",
    "primary.maxConnections, 1, 0",
    "primary.maxUpgrades, 0, -1",
    "instance, a, a b",
    "mirroring.enabled, FALSE, no",
  })
  void setting_atItsLimitIsTaken_andBeyondItRefusedByName(String name, String at, String beyond) {
    assertThat(settings(name, at)).isNotEqualTo(Settings.DEFAULT);
    assertThatThrownBy(() -> settings(name, beyond))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name + ": " + beyond);
  }
}
