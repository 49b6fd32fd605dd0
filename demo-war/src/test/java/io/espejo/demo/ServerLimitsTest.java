package io.espejo.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import io.espejo.demo.LimitCounter.Limit;
import io.espejo.testkit.Answer;
import io.espejo.testkit.Behaviour;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.TestBed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the gateway's own server takes of slow and of many clients. */
class ServerLimitsTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofMillis(500);

  @RegisterExtension final TestBed bed = new TestBed();

  @TempDir Path temporary;

  private RecordingOrigin v1;
  private LimitCounter limited;

  @BeforeEach
  void startOrigin() throws IOException {
    v1 = bed.origin("v1");
  }

  private int gateway(ServerLimits limits) throws Exception {
    Path rules = temporary.resolve("rules.yaml");
    RulesYaml.of().service("httpbin", 8000, Map.of("v1", v1.port())).writeTo(rules);
    Espejo espejo = Espejo.open(ConfigSource.path(rules), Settings.DEFAULT);
    bed.afterwards(espejo::close);
    DemoServer server =
        DemoServer.gateway(
            espejo, DemoGateway.options("127.0.0.1", limits), Optional.empty(), Optional.empty());
    bed.afterwards(server::close);
    server.open();
    server.start();
    limited = server.limited();
    return server.port();
  }

  private RawClient client(int port) throws IOException {
    RawClient client = RawClient.to(port);
    bed.afterwards(client::close);
    return client;
  }

  /** Sends it byte by byte until the peer has closed. */
  private static boolean isCutWithin5Seconds(RawClient client, String text) throws Exception {
    try {
      client.writePaced(text.repeat(200).getBytes(), 1, Duration.ofMillis(20));
    } catch (IOException closed) {
      return true;
    }
    return false;
  }

  @Test
  void head_thatComesByteByByte_isCut() throws Exception {
    RawClient client = client(gateway(new ServerLimits(100, 65_536, SHORT, LONG)));
    client.write("GET / HTTP/1.1\r\nHost: httpbin\r\n");

    assertThat(isCutWithin5Seconds(client, "X: y\r\n")).isTrue();
    assertThat(limited.times(Limit.HEAD_TIMEOUT)).isEqualTo(1);
  }

  @Test
  void connection_withoutARequest_isClosed() throws Exception {
    int port = gateway(new ServerLimits(100, 65_536, SHORT, LONG));
    RawClient silent = client(port);
    RawClient idle = client(port);
    assertThat(idle.exchange(RawRequest.get("/")).status()).isEqualTo(200);
    v1.take();

    assertThat(silent.closedByPeer()).isTrue();
    assertThat(idle.closedByPeer()).isTrue();
  }

  @Test
  void request_thatTakesLonger_isNotCut() throws Exception {
    int port = gateway(new ServerLimits(100, 65_536, SHORT, LONG));
    CountDownLatch gate = new CountDownLatch(1);
    v1.behave(Behaviour.answerOnceOpen(gate, Answer.of(200).body("late")));
    RawClient patient = client(port);
    patient.send(RawRequest.get("/"));
    v1.take();

    assertThat(client(port).closedByPeer()).isTrue();
    gate.countDown();

    assertThat(patient.read().text()).isEqualTo("late");
  }

  @Test
  void connection_beyondTheLimit_waitsUntilOneCloses() throws Exception {
    int port = gateway(new ServerLimits(3, 65_536, LONG, LONG));
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(client(port));
      assertThat(clients.get(i).exchange(RawRequest.get("/")).status()).isEqualTo(200);
    }
    v1.take(3);

    RawClient next = client(port).send(RawRequest.get("/next"));
    // The others are served meanwhile.
    assertThat(clients.get(0).exchange(RawRequest.get("/")).status()).isEqualTo(200);
    assertThat(v1.take().target()).isEqualTo("/");
    assertThat(limited.times(Limit.CONNECTIONS)).isEqualTo(1);
    clients.get(1).close();

    assertThat(next.read().status()).isEqualTo(200);
    assertThat(v1.take().target()).isEqualTo("/next");
  }

  @Test
  void head_longerThanTheLimit_isRefused() throws Exception {
    int port = gateway(new ServerLimits(100, 4096, LONG, LONG));

    assertThat(RawClient.once(port, RawRequest.get("/").header("X", "y".repeat(5000))).status())
        .isEqualTo(431);
    assertThat(limited.times(Limit.HEAD_BYTES)).isEqualTo(1);
    assertThat(RawClient.once(port, RawRequest.get("/").header("X", "y".repeat(3000))).status())
        .isEqualTo(200);
    v1.take();
  }

  @Test
  void connection_withoutAByte_isClosedAtTheIdleTimeout() throws Exception {
    RawClient client = client(gateway(new ServerLimits(100, 65_536, LONG, SHORT)));

    assertThat(client.closedByPeer()).isTrue();
  }
}
