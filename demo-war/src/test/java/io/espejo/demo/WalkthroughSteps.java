package io.espejo.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The six steps of the walk-through, whoever serves v1 and v2. */
final class WalkthroughSteps {
  private static final String LINE =
      "v[12] 127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}(:\\d\\d){3} [+-]\\d{4}\\] "
          + "\"GET /headers\\?step=\\S+ HTTP/1\\.1\" 200 \\d+ \"-\" \"walk\".*";

  private final DemoProcess gateway;
  private final int port;
  private final Path examples;
  private final Path rules;
  private final BlockingQueue<String> log;
  private final Callable<String> hostOfLastCopy;
  private final List<String> lines = new ArrayList<>();

  /**
   * Steps through a running system in which only the service is known.
   *
   * @param gateway the process that reports on the rules
   * @param port of the gateway
   * @param examples the walk-through's files
   * @param rules the directory that the gateway follows
   * @param log both access logs, each line after its version
   * @param hostOfLastCopy the Host of v2's last request
   */
  WalkthroughSteps(
      DemoProcess gateway,
      int port,
      Path examples,
      Path rules,
      BlockingQueue<String> log,
      Callable<String> hostOfLastCopy) {
    this.gateway = gateway;
    this.port = port;
    this.examples = examples;
    this.rules = rules;
    this.log = log;
    this.hostOfLastCopy = hostOfLastCopy;
  }

  void walk() throws Exception {
    gateway.awaitErr("taken");
    request("balanced", 40, "v", 40);
    assertThat(counted("v1", "balanced")).isBetween(1L, 39L);

    apply("1-all-to-v1.yaml");
    request("all", 20, "v1 ", 20);

    apply("2-mirror-to-v2.yaml");
    request("mirror", 20, "v2 ", 20);
    assertThat(hostOfLastCopy.call()).isEqualTo("httpbin-shadow:8000");

    share("    mirrorPercentage:\n      value: 0\n");
    request("zero", 20, "v1 ", 20);
    share("");
    request("absent", 20, "v2 ", 20);
    share("    mirrorPercentage:\n      value: 50.0\n");
    request("half", 200, "v1 ", 200);

    Files.copy(examples.resolve("broken-indentation.yaml"), rules.resolve("broken.yaml"));
    gateway.awaitErr("rules refused");
    gateway.awaitErr("broken\\.yaml:\\d+:\\d+: ");
    request("broken", 20, "v1 ", 20);

    for (String file : List.of("1-all-to-v1.yaml", "2-mirror-to-v2.yaml", "broken.yaml")) {
      Files.delete(rules.resolve(file));
    }
    gateway.awaitErr("taken");
    request("cleaned", 40, "v", 40);
    assertThat(counted("v1", "cleaned")).isBetween(1L, 39L);

    // Copies that should not have been would be in the log by now.
    while (take(300) != null) {}
    assertThat(counted("v", "balanced")).isEqualTo(40);
    assertThat(counted("v1", "all")).isEqualTo(20);
    assertThat(counted("v2", "all")).isZero();
    assertThat(counted("v1", "mirror")).isEqualTo(20);
    assertThat(counted("v2", "mirror")).isEqualTo(20);
    assertThat(counted("v2", "zero")).isZero();
    assertThat(counted("v2", "absent")).isEqualTo(20);
    assertThat(counted("v1", "half")).isEqualTo(200);
    // Four sigmas of a fair coin.
    assertThat(counted("v2", "half")).isBetween(72L, 128L);
    assertThat(counted("v1", "broken")).isEqualTo(20);
    assertThat(counted("v2", "broken")).isBetween(1L, 19L);
    assertThat(counted("v", "cleaned")).isEqualTo(40);
    assertThat(lines).allMatch(line -> line.matches(LINE));
  }

  private void apply(String example) throws IOException, InterruptedException {
    Files.copy(examples.resolve(example), rules.resolve(example));
    gateway.awaitErr("taken");
  }

  private void share(String percentage) throws IOException, InterruptedException {
    String example = Files.readString(examples.resolve("2-mirror-to-v2.yaml"));
    String mirrored =
        example.replace("    mirrorPercentage:\n      value: 100.0\n", "") + percentage;
    Files.writeString(rules.resolve("2-mirror-to-v2.yaml"), mirrored);
    gateway.awaitErr("taken");
  }

  /** Sends requests one after another, and waits for so many lines that begin so. */
  private void request(String step, int requests, String begin, int expected) throws Exception {
    try (RawClient client = RawClient.to(port)) {
      for (int number = 0; number < requests; number++) {
        RawAnswer answer =
            client.exchange(
                RawRequest.get("/headers?step=" + step + "-" + number)
                    .host("httpbin:8000")
                    .header("User-Agent", "walk"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"Host\": \"httpbin:8000\"").doesNotContain("shadow");
      }
    }
    String line = "";
    while (line != null && counted(begin, step) < expected) {
      line = take(5000);
    }
  }

  private @Nullable String take(long patienceMillis) throws InterruptedException {
    String line = log.poll(patienceMillis, TimeUnit.MILLISECONDS);
    if (line != null && line.contains("?step=")) {
      lines.add(line);
    }
    return line;
  }

  private long counted(String begin, String step) {
    return lines.stream()
        .filter(line -> line.startsWith(begin) && line.contains("?step=" + step + "-"))
        .count();
  }
}
