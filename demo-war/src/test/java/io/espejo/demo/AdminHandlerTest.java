package io.espejo.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RulesYaml.Route;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminHandlerTest {
  private static final String V2 = "outbound|8000|v2|httpbin.default.svc.cluster.local";

  private final AtomicBoolean closing = new AtomicBoolean();
  private final AdminHandler pages = new AdminHandler(closing::get);
  private final DemoServer admin = DemoServer.admin(pages, 0);

  @TempDir Path directory;
  private DemoGateway gateway;

  @BeforeEach
  void start() throws Exception {
    gateway =
        new DemoGateway(
            directory,
            Route.to("v1")
                .mirror("v2", "100")
                .with("headers:", "  request:", "    set:", "      x-key: secret"),
            Optional.empty(),
            Optional.empty());
    admin.open();
    admin.start();
  }

  @AfterEach
  void stop() throws IOException {
    admin.close();
    gateway.close();
  }

  @Test
  void readyz_fromTheRulesToTheClosing_isReady() throws IOException {
    assertThat(ask("/readyz").status()).isEqualTo(503);
    assertThat(ask("/rules").status()).isEqualTo(503);
    pages.show(gateway.espejo);
    assertThat(ask("/readyz").status()).isEqualTo(200);
    closing.set(true);
    assertThat(ask("/readyz").status()).isEqualTo(503);
    assertThat(ask("/healthz").status()).isEqualTo(200);
    closing.set(false);
    gateway.espejo.close();
    assertThat(ask("/readyz").status()).isEqualTo(503);
  }

  @Test
  void metricsAndOutcomes_afterACopy_showIt() throws IOException {
    pages.show(gateway.espejo);
    RawClient.once(gateway.port(), RawRequest.get("/"));
    gateway.v1.take();
    gateway.v2.take();
    await()
        .untilAsserted(
            () ->
                assertThat(ask("/metrics").text())
                    .contains(
                        "espejo_copies_total{destination=\""
                            + V2
                            + "\",outcome=\"completed\",reason=\"2xx\"} 1.0"));
    assertThat(ask("/metrics").header("Content-Type"))
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
    JsonObject outcomes = json("/outcomes");
    assertThat(outcomes.getJsonObject("total").getInt("considered")).isEqualTo(1);
    assertThat(
            outcomes
                .getJsonObject("destinations")
                .getJsonObject(V2)
                .getJsonObject("completed")
                .getInt("2xx"))
        .isEqualTo(1);
    assertThat(outcomes.getJsonObject("primary").getInt("retries")).isZero();
  }

  @Test
  void rules_running_areShownWithoutTheirHeaders() throws IOException {
    pages.show(gateway.espejo);
    JsonObject rules = json("/rules");
    JsonObject route =
        rules.getJsonArray("virtualHosts").getJsonObject(0).getJsonArray("routes").getJsonObject(0);
    assertThat(route.getJsonArray("mirrors").getJsonObject(0).getInt("percent")).isEqualTo(100);
    JsonObject mirror = rules.getJsonArray("mirrors").getJsonObject(0);
    assertThat(mirror.getString("cluster")).isEqualTo(V2);
    assertThat(mirror.getBoolean("paused")).isFalse();
    assertThat(mirror.getJsonArray("endpoints").getJsonObject(0).getString("address"))
        .isEqualTo("127.0.0.1:" + gateway.v2.port());
    assertThat(rules.containsKey("refused")).isFalse();
    assertThat(rules.toString()).doesNotContain("secret");
  }

  @Test
  void rules_refused_areShownWithTheirProblems() throws IOException {
    pages.show(gateway.espejo);
    gateway.rules(Route.to("v1").mirror("v2", "101"));
    await().until(() -> json("/rules").containsKey("refused"));
    assertThat(json("/rules").getJsonObject("refused").getJsonArray("problems").getString(0))
        .contains("mirrorPercentage", "101");
    assertThat(ask("/readyz").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"})
  void method_other_isRefused(String method) throws IOException {
    RawAnswer answer = RawClient.once(admin.port(), at("localhost", method));
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("Allow")).isEqualTo("GET, HEAD");
  }

  @Test
  void head_asked_hasNoBody() throws IOException {
    RawAnswer answer = RawClient.once(admin.port(), at("localhost", "HEAD"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Length")).isEqualTo("3");
    assertThat(answer.text()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "LOCALHOST:9000", "127.0.0.1", "127.8.9.10:1", "[::1]", "[::1]:80"})
  void host_loopback_isAnswered(String host) throws IOException {
    assertThat(RawClient.once(admin.port(), at(host, "GET")).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.evil.example:80",
        "0.0.0.0",
        "[::2]",
        "192.0.2.1"
      })
  void host_other_isRefused(String host) throws IOException {
    for (String method : new String[] {"GET", "POST"}) {
      RawAnswer answer = RawClient.once(admin.port(), at(host, method));
      assertThat(answer.status()).isEqualTo(421);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"//metrics", "/metrics/", "/metrics%00", "/..%2fmetrics", "/METRICS"})
  void path_almostAPages_isRefused(String path) throws IOException {
    pages.show(gateway.espejo);
    assertThat(RawClient.once(admin.port(), RawRequest.get(path).host("localhost")).status())
        .isIn(400, 404);
  }

  @Test
  void path_longerThanAHeadMayBe_isRefused() throws IOException {
    assertThat(ask("/" + "a".repeat(200_000)).status()).isIn(414, 431);
    assertThat(ask("/healthz").status()).isEqualTo(200);
  }

  /** Only who is on this machine gets there. */
  @Test
  void port_isOpenOnLoopbackAlone() throws IOException {
    List<InetAddress> others =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
            .toList();
    for (InetAddress other : others) {
      assertThatThrownBy(() -> new Socket(other, admin.port()).close())
          .isInstanceOf(ConnectException.class);
    }
    new Socket(InetAddress.getLoopbackAddress(), admin.port()).close();
  }

  @Test
  void host_ofTheTargetAlone_isRefused() throws IOException {
    try (RawClient client = RawClient.to(admin.port())) {
      client.write("GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.read().status()).isIn(400, 421);
    }
  }

  /** No browser leaves it out; a probe of HTTP/1.0 may. */
  @Test
  void host_absent_isAnswered() throws IOException {
    try (RawClient client = RawClient.to(admin.port())) {
      client.write("GET /healthz HTTP/1.0\r\n\r\n");
      assertThat(client.read().status()).isEqualTo(200);
    }
  }

  @Test
  void answers_all_areNeitherKeptNorShared() throws IOException {
    for (String path : new String[] {"/healthz", "/readyz", "/metrics", "/nothing"}) {
      RawAnswer answer =
          RawClient.once(
              admin.port(),
              RawRequest.get(path).host("localhost").header("Origin", "http://evil.example"));
      assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
      assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(answer.headers().contains("Access-Control-Allow-Origin")).isFalse();
    }
    assertThat(ask("/nothing").status()).isEqualTo(404);
  }

  private static RawRequest at(String host, String method) {
    return RawRequest.of(method, "/healthz").host(host);
  }

  private RawAnswer ask(String path) throws IOException {
    return RawClient.once(admin.port(), RawRequest.get(path).host("localhost"));
  }

  private JsonObject json(String path) throws IOException {
    return Json.createReader(new StringReader(ask(path).text())).readObject();
  }
}
