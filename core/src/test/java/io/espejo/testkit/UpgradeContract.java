package io.espejo.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections that client and v1 switch to another protocol (SEMANTICS 2 and 4). */
abstract class UpgradeContract extends GatewayFixture {
  private static final int STEP = 16 * 1024;

  private static final String SWITCH =
      "HTTP/1.1 101 Switching\r\nX-From: v1\r\nUpgrade: chat/2\r\nConnection: Upgrade\r\n\r\n";

  UpgradeContract(GatewayContract container) {
    super(container);
  }

  private static RawRequest chat() {
    return bareChat().header("Content-Length", "0");
  }

  private static RawRequest bareChat() {
    return RawRequest.get("/chat").header("Connection", "Upgrade").header("Upgrade", "chat/2");
  }

  /** Switches, says "hello", and repeats what it hears until the client says its last. */
  private static Behaviour echo() {
    return connection -> {
      connection.readBody();
      connection.send(SWITCH + "hello");
      connection.echo();
    };
  }

  /** Switches, and sends the same piece for as long as somebody takes it. */
  private static Behaviour flood(AtomicLong sent) {
    return connection -> {
      connection.readBody();
      connection.leave();
      connection.send(SWITCH);
      while (true) {
        connection.send(bytes(STEP));
        sent.addAndGet(STEP);
      }
    };
  }

  @Test
  void upgrade_thatV1Accepts_carriesBytesBothWays() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    v1.behave(echo());
    RawClient client = client();

    client.send(chat());

    assertThat(client.readHead())
        .contains("X-From: v1", "Upgrade: chat/2", "Connection: Upgrade")
        .first()
        .asString()
        .startsWith("HTTP/1.1 101");
    assertThat(client.readText(5)).isEqualTo("hello");
    client.write("a");
    assertThat(client.readText(1)).isEqualTo("a");
    client.write("b".repeat(100));
    assertThat(client.readText(100)).isEqualTo("b".repeat(100));
    RecordedRequest handshake = v1.take();
    assertThat(handshake.header("Upgrade")).isEqualTo("chat/2");
    assertThat(handshake.header("Connection")).isEqualTo("Upgrade");
    assertThat(describe(settled())).isEqualTo("dropped UPGRADE");
    assertThat(gateway().primaryCounts().upgrades()).isEqualTo(1);
    assertThat(gateway().openUpgrades()).isEqualTo(1);
    client.close();
    assertClosed();
  }

  @Test
  void upgrade_withBytesOfTheClientRightBehindIt_losesNone() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    v1.behave(echo());
    RawClient client = client();

    client.send(chat()).write("early");
    client.readHead();

    assertThat(client.readText(10)).isEqualTo("helloearly");
    v1.take();
    client.close();
    assertClosed();
  }

  @Test
  void webSocket_echoes() throws Exception {
    needs(Capability.UPGRADE);
    if (Runtime.version().feature() > 17) {
      // The client of JDK 17 sends a length of 0, later ones none.
      needs(Capability.BARE_UPGRADE);
    }
    start(mirrored());
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(WebSocketFrames.accept(connection.headers()));
          connection.echoFrames();
        });
    LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    CompletableFuture<Integer> closed = new CompletableFuture<>();
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(
                URI.create("ws://127.0.0.1:" + gateway().port() + "/echo"),
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(
                      WebSocket from, CharSequence text, boolean last) {
                    heard.add(text.toString());
                    from.request(1);
                    return null;
                  }

                  @Override
                  public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
                    closed.complete(status);
                    return null;
                  }
                })
            .get(5, TimeUnit.SECONDS);

    for (int i = 0; i < 100; i++) {
      socket.sendText("message " + i, true).get(5, TimeUnit.SECONDS);
    }

    for (int i = 0; i < 100; i++) {
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("message " + i);
    }
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(5, TimeUnit.SECONDS);
    assertThat(closed.get(5, TimeUnit.SECONDS)).isEqualTo(WebSocket.NORMAL_CLOSURE);
    v1.take();
    assertClosed();
  }

  @Test
  void upgrade_thatV1Refuses_isAnAnswerAsAnyOther() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(426).header("Upgrade", "chat/3").body("newer")));
    RawClient client = client();

    assertThat(client.exchange(chat()).text()).isEqualTo("newer");

    v1.take();
    assertThat(gateway().openUpgrades()).isZero();
    v1.behave(Behaviour.answer(Answer.of(200).body("again")));
    assertThat(client.exchange(RawRequest.get("/")).text()).isEqualTo("again");
    v1.take();
    v2.take();
  }

  @ParameterizedTest
  @CsvSource({"'Upgrade, HTTP2-Settings', h2c, HTTP/1.1", "Upgrade, websocket, HTTP/1.0"})
  void upgrade_thatIsNone_isServedAndMirroredWithout(
      String connection, String protocol, String version) throws Exception {
    start(mirrored());
    RawRequest request =
        RawRequest.get("/").header("Connection", connection).header("Upgrade", protocol);
    if (protocol.equals("h2c")) {
      request = request.header("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA");
    }

    RawAnswer answer = exchange(version.equals("HTTP/1.0") ? request.http10() : request);

    assertThat(answer.text()).isEqualTo("v1");
    for (RecordedRequest received : new RecordedRequest[] {v1.take(), v2.take()}) {
      assertThat(received.headers().contains("Upgrade")).isFalse();
      assertThat(received.headers().contains("HTTP2-Settings")).isFalse();
    }
  }

  @Test
  void upgrade_whoseHandshakeSaysNothingOfALength_isCarriedOrAnswered501() throws Exception {
    start(mirrored());
    v1.behave(echo());
    RawClient client = client();

    client.send(bareChat());

    if (has(Capability.BARE_UPGRADE)) {
      client.readHead();
      client.write("a");
      assertThat(client.readText(6)).isEqualTo("helloa");
      client.close();
    } else {
      assertThat(client.read().status()).isEqualTo(501);
    }
    v1.take();
    assertClosed();
  }

  @Test
  void upgrade_thatConnectionDoesNotName_isNone() throws Exception {
    start(mirrored());

    RawAnswer answer = exchange(RawRequest.get("/").header("Upgrade", "websocket"));

    // Jetty refuses it by itself.
    assertThat(answer.status()).isIn(200, 400);
    if (answer.status() == 200) {
      assertThat(v1.take().headers().contains("Upgrade")).isFalse();
      assertThat(v2.take().headers().contains("Upgrade")).isFalse();
    }
  }

  @Test
  void v1_thatEndsTheConnection_endsTheClients() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(SWITCH + "bye");
          connection.close();
        });
    RawClient client = client();

    client.send(chat());
    client.readHead();

    assertThat(client.readText(3)).isEqualTo("bye");
    v1.take();
    assertClosed();
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void v1_thatEndsAnIdleConnection_endsTheClients() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    CountDownLatch end = new CountDownLatch(1);
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(SWITCH);
          connection.readSome(1);
          connection.send("b");
          connection.await(end);
          connection.close();
        });
    RawClient client = client();
    client.send(chat());
    client.readHead();
    client.write("a");
    assertThat(client.readText(1)).isEqualTo("b");

    end.countDown();

    v1.take();
    assertClosed();
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void client_thatIsReset_endsV1s() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    v1.behave(echo());
    RawClient client = client();
    client.send(chat());
    client.readHead();
    client.readText(5);

    client.reset();

    v1.take();
    assertClosed();
  }

  @Test
  void client_thatSaysItsLast_hasAllOfItCarried() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    CountDownLatch heard = new CountDownLatch(1);
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(SWITCH);
          connection.readSome(4);
          heard.countDown();
          connection.awaitPeerClose();
        });
    RawClient client = client();
    client.send(chat());
    client.readHead();

    client.write("last").finish();

    assertThat(heard.await(5, TimeUnit.SECONDS)).isTrue();
    v1.take();
    assertClosed();
  }

  @Test
  void bytes_ofMany_waitForWhoReadsSlowly() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    AtomicLong sent = new AtomicLong();
    v1.behave(flood(sent));
    RawClient client = RawClient.to(gateway().port(), 32 * 1024);
    bed.afterwards(client::close);
    client.send(chat());
    client.readHead();

    awaitStill(sent);

    assertThat(sent.get()).isLessThan(64L << 20);
    String expected = new String(bytes(STEP), ISO_8859_1);
    for (int i = 0; i < 256; i++) {
      assertThat(client.readText(STEP)).isEqualTo(expected);
    }
    client.reset();
    v1.take();
    assertClosed();
  }

  @Test
  void upgrades_beyondTheBound_areAnswered503() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored(), "primary.maxUpgrades", "1");
    v1.behave(echo());
    RawClient first = client();
    first.send(chat());
    first.readHead();

    assertThat(exchange(chat()).status()).isEqualTo(503);

    assertThat(gateway().primaryCounts().upgradesOverLimit()).isEqualTo(1);
    first.close();
    assertClosed();
    RawClient next = client();
    next.send(chat());
    assertThat(next.readHead().get(0)).startsWith("HTTP/1.1 101");
    v1.take(2);
    next.close();
    assertClosed();
  }

  @Test
  void upgrade_withoutTraffic_endsAfterTheIdleTimeout() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored(), "primary.upgradeIdleTimeout", "200ms");
    v1.behave(echo());
    RawClient client = client();

    client.send(chat());
    client.readHead();
    client.readText(5);

    v1.take();
    assertClosed();
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void upgrade_whateverV2Does_isTheSame() throws Exception {
    needs(Capability.UPGRADE);
    start(mirroredTo(RecordingOrigin.refusingPort()));
    v1.behave(echo());
    RawClient client = client();

    client.send(chat());
    client.readHead();

    assertThat(client.readText(5)).isEqualTo("hello");
    v1.take();
    client.close();
    assertClosed();
    assertThat(describe(settled())).isEqualTo("dropped UPGRADE");
  }

  @Test
  void close_endsUpgradesAtOnce() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    v1.behave(echo());
    RawClient client = client();
    client.send(chat());
    client.readHead();
    client.readText(5);

    gateway().shutDown();

    v1.take();
    TestBed.await("v1's connection is closed", () -> v1.openConnections() == 0);
    assertThat(gateway().openUpgrades()).isZero();
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void close_whileTheClientReadsNothing_endsItsConnection() throws Exception {
    needs(Capability.UPGRADE);
    start(mirrored());
    AtomicLong sent = new AtomicLong();
    v1.behave(flood(sent));
    RawClient client = RawClient.to(gateway().port(), 32 * 1024);
    bed.afterwards(client::close);
    client.send(chat());
    client.readHead();
    awaitStill(sent);

    gateway().shutDown();

    v1.take();
    assertClosed();
    String read;
    do {
      read = client.readText(STEP);
    } while (read.length() == STEP);
  }

  @Test
  void upgrade_v1DiesInTheHandshake_isAnswered503() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.closeInsteadOfAnswer());

    assertThat(exchange(chat()).status()).isEqualTo(503);

    v1.take();
    // A connection that was not used before is not replaced.
    assertThat(gateway().openUpgrades()).isZero();
  }

  @Test
  void connect_isNoProxy() throws Exception {
    start(mirrored());

    RawAnswer answer =
        exchange(RawRequest.of("CONNECT", "127.0.0.1:" + v1.port()).host("127.0.0.1:" + v1.port()));

    // The container's own, or as for a path that no route has.
    assertThat(answer.status())
        .isIn(has(Capability.CONNECT_REFUSAL) ? List.of(400, 404, 405, 501) : List.of(500));
    assertThat(v1.connections()).isZero();
  }

  /** Both connections of the upgrade are gone, and its place is free. */
  private void assertClosed() throws IOException {
    TestBed.await("no upgrade is open", () -> gateway().openUpgrades() == 0);
    TestBed.await("v1's connection is closed", () -> v1.openConnections() == 0);
  }
}
