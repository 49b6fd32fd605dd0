package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.EspejoMXBean;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.RulesYaml.Route;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * What v1 and v2 answer that is no HTTP, or too much of it. Whatever it is, the client has a whole
 * answer or sees that it has none, and all that the exchange took is given back in time.
 */
abstract class HostileUpstreamContract extends GatewayFixture {
  private static final Pattern HEADER_LINE =
      Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\\t\\x20-\\x7e\\x80-\\xff]*");

  /** One connection, one request: whatever is not given back, the next request misses. */
  private static final String ONE_AT_A_TIME =
      """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata:
        name: one-at-a-time
      spec:
        host: httpbin
        trafficPolicy:
          connectionPool: {tcp: {maxConnections: 1}, http: {http2MaxRequests: 1}}
      """;

  private static final long LARGE = Long.getLong("large.answer.mebibytes", 64) << 20;

  HostileUpstreamContract(GatewayContract container) {
    super(container);
  }

  /**
   * What an upstream does.
   *
   * @param statuses that the client may see if v1 does it, negative for an answer that breaks off
   * @param outcomes that the copy may have if v2 does it
   */
  private record Misdeed(
      String name, Behaviour behaviour, Set<Integer> statuses, Set<String> outcomes) {}

  private static Misdeed garbage(String name, Behaviour behaviour) {
    return new Misdeed(name, behaviour, Set.of(502), Set.of("failed GARBAGE"));
  }

  private static Misdeed garbage(String head) {
    return garbage(shown(head), says("HTTP/1.1 200 OK\r\n" + head));
  }

  /** What a reader may take for an answer, or not. */
  private static Misdeed doubtful(String head) {
    return new Misdeed(
        shown(head),
        says("HTTP/1.1 200 OK\r\n" + head),
        Set.of(200, 502),
        Set.of("failed GARBAGE", "completed 2"));
  }

  /** A chunked body that breaks off. */
  private static Misdeed broken(String chunks) {
    return new Misdeed(
        shown(chunks),
        says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks),
        Set.of(-200, 502),
        Set.of("failed GARBAGE", "failed RESET"));
  }

  private static String shown(String text) {
    String start = text.length() > 80 ? text.substring(0, 80) : text;
    return start.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
  }

  /** Says this, and would serve another request on the same connection. */
  private static Behaviour says(String text) {
    return connection -> {
      connection.readBody();
      connection.send(text);
    };
  }

  static Stream<Misdeed> misdeeds() {
    String mebibyte = "x".repeat(1 << 20);
    String length = "Content-Length: 5\r\n";
    return Stream.of(
        garbage("interim answers without end", Behaviour.endlessInterim()),
        garbage("early hints without end", Behaviour.endlessHints()),
        garbage("head without end", Behaviour.endlessHead()),
        garbage("header of 1 MiB", says("HTTP/1.1 200 OK\r\nX: " + mebibyte + "\r\n\r\n")),
        garbage("name of 1 MiB", says("HTTP/1.1 200 OK\r\n" + mebibyte + ": x\r\n\r\n")),
        garbage("reason of 1 MiB", says("HTTP/1.1 200 " + mebibyte + "\r\n\r\n")),
        garbage("version of 1 MiB", says(mebibyte)),
        garbage(
            "101 that nobody asked for",
            says("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes")),
        garbage("status 99", says("HTTP/1.1 99 X\r\n" + length + "\r\nfirst")),
        garbage("status 1000", says("HTTP/1.1 1000 X\r\n" + length + "\r\nfirst")),
        garbage("status of letters", says("HTTP/1.1 abc X\r\n" + length + "\r\nfirst")),
        garbage("status -1", says("HTTP/1.1 -1 X\r\n" + length + "\r\nfirst")),
        garbage("version 3", says("HTTP/3.0 200 OK\r\n" + length + "\r\nfirst")),
        garbage("a request", says("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
        garbage("TLS", says("\u0015\u0003\u0003\u0000\u0002\u0002\u0046")),
        garbage(length + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        garbage("Transfer-Encoding: chunked\r\n" + length + "\r\n0\r\n\r\n"),
        garbage(length + "Content-Length: 6\r\n\r\nfirst!"),
        garbage("Content-Length: -5\r\n\r\nfirst"),
        garbage("Content-Length: 99999999999999999999\r\n\r\nfirst"),
        garbage("Content-Length: 5x\r\n\r\nfirst"),
        garbage("X: a\0b\r\n" + length + "\r\nfirst"),
        garbage("X\0: a\r\n" + length + "\r\nfirst"),
        garbage("X Y: a\r\n" + length + "\r\nfirst"),
        doubtful("X : a\r\n" + length + "\r\nfirst"),
        doubtful("XYZ\r\n" + length + "\r\nfirst"),
        doubtful(": a\r\n" + length + "\r\nfirst"),
        doubtful(length + length + "\r\nfirst"),
        doubtful("Content-Length: 5, 5\r\n\r\nfirst"),
        doubtful("Content-Length: +5\r\n\r\nfirst"),
        doubtful("X: a\r\n b\r\n" + length + "\r\nfirst"),
        doubtful("X: a\rX-Injected: b\r\n" + length + "\r\nfirst"),
        doubtful("X: a\nX-Line: b\r\n" + length + "\r\nfirst"),
        doubtful("X: a\u0001\u007fb\r\n" + length + "\r\nfirst"),
        broken("some\r\nfirst"),
        broken("-5\r\nfirst\r\n0\r\n\r\n"),
        broken("fffffffffffffffff\r\nfirst"),
        broken("5\r\nfirstXX0\r\n\r\n"),
        broken("5\r\nfirst\r\n0\r\nX\0: a\r\n\r\n"),
        broken("5;" + mebibyte + "\r\nfirst\r\n0\r\n\r\n"),
        broken("5\r\nfirst\r\n0\r\nX: " + mebibyte + "\r\n\r\n"),
        doubtful(length + "\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"),
        doubtful("Content-Length: 0\r\n\r\nsecond"),
        new Misdeed(
            "204 with a body",
            says("HTTP/1.1 204 No\r\n" + length + "\r\nsecond"),
            Set.of(204, 502),
            Set.of("completed 2", "failed GARBAGE")),
        new Misdeed(
            "304 with a body",
            says("HTTP/1.1 304 No\r\n" + length + "\r\nsecond"),
            Set.of(304, 502),
            Set.of("completed 3", "failed GARBAGE")));
  }

  private static int seen(RawAnswer answer) {
    return answer.whole() ? answer.status() : -answer.status();
  }

  /** Where an answer in chunks cannot be seen to break off, it is one that is whole. */
  private Set<Integer> allowed(Set<Integer> statuses) {
    return has(Capability.CHUNKED_TRUNCATION) || !statuses.contains(-200)
        ? statuses
        : Set.of(-200, 200, 502);
  }

  private RulesYaml oneAtATime() {
    return service()
        .with(ONE_AT_A_TIME)
        .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2"));
  }

  /** The outcome of the only copy since then. */
  private String since(OutcomeCounts before) {
    OutcomeCounts now = settled();
    assertThat(now.considered()).isEqualTo(before.considered() + 1);
    for (Reason reason : Reason.values()) {
      if (now.failed(reason) > before.failed(reason)) {
        return "failed " + reason;
      }
      if (now.dropped(reason) > before.dropped(reason)) {
        return "dropped " + reason;
      }
    }
    for (int statusClass = 0; statusClass < 10; statusClass++) {
      if (now.completed(statusClass) > before.completed(statusClass)) {
        return "completed " + statusClass;
      }
    }
    return "none";
  }

  private void assertNothingHeld() throws Exception {
    EspejoMXBean counters = counters();
    TestBed.await("no request with v1", () -> counters.getActiveRequests() == 0);
    TestBed.await("no copy in flight", () -> counters.getInFlight() == 0);
    TestBed.await("no memory of copies", () -> counters.getShadowMemoryBytes() == 0);
    TestBed.await("no buffer lent", () -> gateway().lentBuffers() == 0);
  }

  @Test
  void v1_thatSaysNoHttp_isAnsweredForAndHoldsNothing() throws Exception {
    start(oneAtATime());
    Behaviour well = Behaviour.answer(Answer.of(200).body("well"));
    SoftAssertions all = new SoftAssertions();
    misdeeds()
        .forEach(
            misdeed ->
                all.assertThatCode(
                        () -> {
                          v1.behave(misdeed.behaviour());
                          RawAnswer answer = get("/first");
                          v1.take();
                          v1.behave(well);
                          assertThat(seen(answer)).isIn(allowed(misdeed.statuses()));
                          assertThat(answer.text()).doesNotContain("second");
                          assertThat(answer.head().stream().skip(1))
                              .allMatch(line -> HEADER_LINE.matcher(line).matches());
                          assertThat(answer.headers().contains("X-Injected")).isFalse();
                          v2.take();
                          assertNothingHeld();
                          assertThat(get("/next").text()).isEqualTo("well");
                          assertThat(v1.take().target()).isEqualTo("/next");
                          assertThat(v2.take().target()).isEqualTo("/next");
                          settled();
                        })
                    .as(misdeed.name())
                    .doesNotThrowAnyException());
    all.assertAll();
    assertThat(settled().completed(2)).isEqualTo(settled().considered());
  }

  @Test
  void v2_thatSaysNoHttp_isOneOutcomeAndHoldsNothing() throws Exception {
    start(oneAtATime(), "shadow.answerTimeout", "2s", "shadow.failuresToPause", "1000");
    Behaviour well = Behaviour.answer(Answer.of(200).body("well"));
    SoftAssertions all = new SoftAssertions();
    misdeeds()
        .forEach(
            misdeed ->
                all.assertThatCode(
                        () -> {
                          v2.behave(misdeed.behaviour());
                          OutcomeCounts before = settled();
                          assertThat(get("/first").text()).isEqualTo("v1");
                          v1.take();
                          v2.take();
                          v2.behave(well);
                          String outcome = since(before);
                          assertThat(outcome).isIn(misdeed.outcomes());
                          assertNothingHeld();
                          assertThat(get("/next").text()).isEqualTo("v1");
                          assertThat(v1.take().target()).isEqualTo("/next");
                          assertThat(v2.take().target()).isEqualTo("/next");
                        })
                    .as(misdeed.name())
                    .doesNotThrowAnyException());
    all.assertAll();
  }

  /** What it says of a second answer when nobody asked is no answer to the next request. */
  @Test
  void v1_thatAnswersTwice_isNotBelievedTheSecondTime() throws Exception {
    start(oneAtATime());
    CountDownLatch gate = new CountDownLatch(1);
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(Answer.of(200).body("first"));
          connection.await(gate);
          connection.send(Answer.of(200).body("second"));
        });
    assertThat(get("/").text()).isEqualTo("first");
    v1.take();
    v2.take();

    gate.countDown();
    TestBed.await("the connection is closed", () -> v1.openConnections() == 0);
    v1.behave(Behaviour.answer(Answer.of(200).body("well")));

    assertThat(get("/").text()).isEqualTo("well");
    v1.take();
    v2.take();
  }

  /** Sends a large answer, made as it goes. */
  private static Behaviour large(AtomicLong sent) {
    byte[] piece = bytes(1 << 16);
    return connection -> {
      connection.readBody();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + LARGE + "\r\n\r\n");
      while (sent.get() < LARGE) {
        connection.send(piece);
        sent.addAndGet(piece.length);
      }
    };
  }

  @Test
  void answer_ofV1ThatIsLarge_comesAtTheClientsPace() throws Exception {
    start(mirrored());
    AtomicLong sent = new AtomicLong();
    v1.behave(large(sent));
    try (RawClient client = RawClient.to(gateway().port(), 16 * 1024)) {
      client.send(RawRequest.get("/"));
      AtomicLong seen = new AtomicLong(-1);
      Awaitility.await("v1 has to wait")
          .atMost(Duration.ofSeconds(5))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> sent.get() > 0 && seen.getAndSet(sent.get()) == sent.get());
      assertThat(sent.get()).isLessThan(LARGE / 2);

      RawAnswer answer = client.read();

      assertThat(answer.whole()).isTrue();
      assertThat(answer.body().length()).isEqualTo(LARGE);
    }
    v1.take();
    v2.take();
    assertNothingHeld();
  }

  @Test
  void answer_ofV2ThatIsLarge_isThrownAway() throws Exception {
    start(oneAtATime(), "shadow.answerTimeout", "60s");
    v2.behave(large(new AtomicLong()));

    assertThat(get("/").text()).isEqualTo("v1");

    v1.take();
    v2.take();
    Awaitility.await("all is read")
        .atMost(Duration.ofSeconds(60))
        .until(() -> gateway().outcomes().completed(2) == 1);
    assertNothingHeld();
  }

  @Test
  void answer_ofV2AboveTheSizeLimit_isReset() throws Exception {
    start(oneAtATime(), "shadow.maxAnswerBytes", "1000000");
    v2.behave(large(new AtomicLong()));

    assertThat(get("/").text()).isEqualTo("v1");

    v1.take();
    v2.take();
    assertThat(onlyOutcome()).isEqualTo("failed ANSWER_SIZE");
    assertNothingHeld();
  }
}
