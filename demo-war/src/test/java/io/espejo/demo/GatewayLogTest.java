package io.espejo.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.exchange.MirrorListener.Copy;
import io.espejo.exchange.Outcome;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.testkit.Answer;
import io.espejo.testkit.Behaviour;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RulesYaml.Route;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayLogTest {
  private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ";
  private static final String CLUSTER = "outbound\\|8000\\|v%d\\|httpbin\\.default\\S+";

  @TempDir Path directory;

  @Test
  void request_mirrored_isALine_andItsCopyAnotherOfTheSameId() throws Exception {
    List<String> lines =
        logged(
            Route.to("v1").mirror("v2").with("name: all"),
            gateway -> {
              RawClient.once(
                  gateway.port(), RawRequest.get("/a?b=c").header("X-Request-Id", "id-1"));
              gateway.v1.take();
              gateway.v2.take();
            });
    assertThat(lines).hasSize(2);
    assertThat(lines)
        .anyMatch(
            line ->
                line.matches(
                    TIME
                        + "request id-1 127\\.0\\.0\\.1 \"GET /a\\?b=c HTTP/1\\.1\" 200 \\d+ \\d+us"
                        + " route=all\\S* cluster="
                        + CLUSTER.formatted(1)
                        + " endpoint=127\\.0\\.0\\.1:\\d+ copies=1/1"))
        .anyMatch(
            line ->
                line.matches(
                    TIME
                        + "copy id-1 route=all\\S* cluster="
                        + CLUSTER.formatted(2)
                        + " completed\\{2xx} \\d+us"));
  }

  @Test
  void request_withoutAnId_getsOneThatItsCopyHas() throws Exception {
    List<String> lines =
        logged(
            Route.to("v1").mirror("v2", "0"),
            gateway -> {
              RawClient.once(gateway.port(), RawRequest.get("/"));
              gateway.v1.take();
            });
    assertThat(lines).hasSize(2).anyMatch(line -> line.endsWith(" copies=0/1"));
    assertThat(lines).anyMatch(line -> line.contains(" sampled_out "));
    assertThat(lines.get(0).split(" ", 4)[2])
        .isEqualTo(lines.get(1).split(" ", 4)[2])
        .matches("[0-9a-f-]{36}");
  }

  @Test
  void request_answeredByItsRoute_isALineThatNamesIt() throws Exception {
    List<String> lines =
        logged(
            new Route(List.of("name: moved", "redirect: {uri: /new}")),
            gateway -> RawClient.once(gateway.port(), RawRequest.get("/")));
    assertThat(lines).singleElement().asString().contains(" 301 ");
    assertThat(lines.get(0)).matches(".* route=moved\\S* cluster=- endpoint=- copies=0/0");
  }

  @Test
  void request_toNoRoute_isALineWithoutThem() throws Exception {
    List<String> lines =
        logged(
            Route.to("v1").match("uri: {prefix: /only}"),
            gateway -> RawClient.once(gateway.port(), RawRequest.get("/")));
    assertThat(lines)
        .singleElement()
        .asString()
        .contains("request - ", " 404 ")
        .endsWith(" route=- cluster=- endpoint=- copies=0/0");
  }

  @Test
  void request_triedAgain_showsTheLastEndpoint() throws Exception {
    List<String> lines =
        logged(
            Route.to("v1").with("retries:", "  attempts: 2", "  retryOn: 5xx"),
            gateway -> {
              gateway.v1.behave(Behaviour.answer(Answer.of(503)));
              RawClient.once(gateway.port(), RawRequest.get("/"));
              gateway.v1.take(3);
            });
    assertThat(lines).singleElement().asString().contains(" 503 ", " endpoint=127.0.0.1:");
  }

  /** Log injection: no byte of a client's ends a line, a quote or a field. */
  @Test
  void request_withControlAndQuotes_isEscaped() throws Exception {
    List<String> lines =
        logged(
            Route.to("v1"),
            gateway -> {
              RawClient.once(
                  gateway.port(),
                  RawRequest.get("/%0d%0aforged\"\\?e")
                      .header("X-Request-Id", "a b\tc\"d\\e\u0085f"));
              gateway.v1.take();
            });
    assertThat(lines)
        .singleElement()
        .asString()
        .contains("request a\\x20b\\x09c\\x22d\\x5Ce\\x85f ")
        .contains("\"GET /%0d%0aforged\\x22\\x5C?")
        .matches("[ -~]*");
  }

  @Test
  void values_long_areCut() throws Exception {
    List<String> lines =
        logged(
            Route.to("v1"),
            gateway -> {
              RawClient.once(gateway.port(), RawRequest.get("/" + "a".repeat(20_000)));
              gateway.v1.take();
            });
    assertThat(lines).singleElement().asString().contains("aaa... HTTP/1.1").hasSizeLessThan(1500);
  }

  @Test
  void lines_tooManyForTheWriter_areLostAndCounted_andNobodyWaits() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    PrintStream stuck =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                try {
                  go.await();
                } catch (InterruptedException stop) {
                  throw new IOException(stop);
                }
              }
            });
    try (GatewayLog log = GatewayLog.waiting(stuck, 3)) {
      Copy copy = new Copy("route", "v2", "id", Duration.ZERO);
      for (int line = 0; line < 10; line++) {
        log.onOutcome(copy, new Outcome.Dropped(Reason.LAG));
      }
      // One is being written, three wait.
      assertThat(log.lost()).isEqualTo(6);
      go.countDown();
    }
  }

  @Test
  void lines_thatCannotBeWritten_areCounted() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    GatewayLog log = new GatewayLog(full);
    log.onOutcome(new Copy("r", "v2", "id", Duration.ZERO), new Outcome.Completed(2));
    log.close();
    assertThat(log.lost()).isEqualTo(1);
  }

  @Test
  void file_thatIsThere_isGoneOnWith() throws Exception {
    Path file = Files.writeString(directory.resolve("access.log"), "before\n");
    try (GatewayLog log = GatewayLog.open(file.toString(), System.out)) {
      log.onOutcome(new Copy("r", "v2", "id", Duration.ZERO), new Outcome.Completed(5));
    }
    assertThat(Files.readAllLines(file))
        .hasSize(2)
        .startsWith("before")
        .anyMatch(line -> line.endsWith(" copy id route=r cluster=v2 completed{5xx} 0us"));
    assertThatThrownBy(() -> GatewayLog.open(directory.toString(), System.out))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot write the access log");
  }

  private interface Requests {
    void send(DemoGateway gateway) throws Exception;
  }

  /** All lines, once the gateway is closed. */
  private List<String> logged(Route route, Requests requests) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GatewayLog log = new GatewayLog(new PrintStream(out, true, UTF_8));
        DemoGateway gateway =
            new DemoGateway(directory, route, Optional.empty(), Optional.of(log))) {
      requests.send(gateway);
    }
    return out.toString(UTF_8).lines().toList();
  }
}
