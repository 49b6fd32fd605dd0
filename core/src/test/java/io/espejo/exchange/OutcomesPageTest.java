package io.espejo.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.testkit.OutcomesPage;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OutcomesPageTest {
  @Test
  void reasons_eachHasItsLine() throws IOException {
    assertThat(OutcomesPage.read().table("Reasons").keySet())
        .containsExactlyElementsOf(Arrays.stream(Reason.values()).map(Reason::name).toList());
  }
}
