package io.espejo.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  @Test
  void reasons_all_areInTheDocumentation() throws Exception {
    List<String> documented =
        Pattern.compile("(?m)^\\| `([a-z_]+)` \\|")
            .matcher(outcomes())
            .results()
            .map(MatchResult::group)
            .map(row -> row.replaceAll("[^a-z_]", ""))
            .toList();

    assertThat(documented)
        .containsExactlyElementsOf(
            Arrays.stream(Reason.values())
                .map(reason -> reason.name().toLowerCase(Locale.ROOT))
                .toList());
  }

  private static String outcomes() throws Exception {
    String page = Files.readString(Path.of("../docs/mirror-policy.md"));
    return page.substring(page.indexOf("## Outcomes"));
  }
}
