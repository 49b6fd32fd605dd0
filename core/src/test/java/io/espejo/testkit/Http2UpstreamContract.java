package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What v1 and v2 can do to each other's requests, and to their own, on shared connections. */
abstract class Http2UpstreamContract extends GatewayFixture {
  private static final RawRequest GET = RawRequest.get("/").host("httpbin:8000");
  private static final RawRequest POST = RawRequest.post("/").host("httpbin:8000");
  private static final int INTERNAL_ERROR = 2;
  private static final int REFUSED_STREAM = 7;
  private static final int HEADERS = 1;
  private static final int END_HEADERS = 4;

  private FrameOrigin primary;
  private FrameOrigin shadow;

  Http2UpstreamContract(GatewayContract container) {
    super(container);
  }

  @BeforeEach
  void startFrameOrigins() throws IOException {
    primary = FrameOrigin.start("one");
    bed.afterwards(primary::close);
    shadow = FrameOrigin.start("two");
    bed.afterwards(shadow::close);
  }

  private RulesYaml http2() {
    return http2(Route.to("v1").mirror("v2"));
  }

  private RulesYaml http2(Route route) {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", primary.port(), "v2", shadow.port()))
        .with(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: httpbin-policy
            spec:
              host: httpbin
              trafficPolicy: {connectionPool: {http: {h2UpgradePolicy: UPGRADE}}}
            """)
        .routes("httpbin", List.of("*"), route);
  }

  /** v1 serves one GET, whatever becomes of the copy, which is returned. */
  private FrameOrigin.Stream served() throws Exception {
    assertThat(exchange(GET).text()).isEqualTo("one");
    assertThat(primary.take().whole()).isTrue();
    return shadow.take();
  }

  private static FrameOrigin.Behaviour headThen(FrameOrigin.Action action) {
    return FrameOrigin.atEnd(
        stream -> {
          stream.head();
          stream.data(new byte[9], false);
          action.on(stream);
        });
  }

  private static void goAwayAndAnswer(FrameOrigin.Stream stream) throws IOException {
    stream.goAway(stream.id());
    stream.answer();
  }

  /** What v2 does with one stream, how its copy ends, and whether the connection lives on. */
  static Stream<Arguments> shadows() {
    return Stream.of(
        argumentSet(
            "never answers", FrameOrigin.atEnd(stream -> {}), "failed ANSWER_TIMEOUT", true),
        argumentSet("hangs in answer", headThen(stream -> {}), "failed ANSWER_TIMEOUT", true),
        argumentSet(
            "answers without end",
            FrameOrigin.atEnd(FrameOrigin.Stream::answerEndlessly),
            "failed ANSWER_TIMEOUT",
            true),
        argumentSet(
            "resets the stream",
            FrameOrigin.atHead(stream -> stream.reset(INTERNAL_ERROR)),
            "failed RESET",
            true),
        argumentSet(
            "refuses the stream",
            FrameOrigin.atHead(stream -> stream.reset(REFUSED_STREAM)),
            "failed RESET",
            true),
        argumentSet(
            "resets in answer",
            headThen(stream -> stream.reset(INTERNAL_ERROR)),
            "failed RESET",
            true),
        argumentSet(
            "leaves in answer",
            FrameOrigin.atEnd(Http2UpstreamContract::goAwayAndAnswer),
            "completed 2",
            false),
        argumentSet(
            "leaves and has seen nothing",
            FrameOrigin.atEnd(stream -> stream.goAway(stream.id() - 2)),
            "failed RESET",
            false),
        argumentSet("closes", headThen(FrameOrigin.Stream::closeConnection), "failed RESET", false),
        argumentSet(
            "head that is no HPACK",
            FrameOrigin.atEnd(
                stream -> stream.frame(HEADERS, END_HEADERS, new byte[] {-1, -1, -1, -1, -1, -1})),
            "failed RESET",
            false));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("shadows")
  void copy_v2MisbehavesOnItsStream_othersOfTheConnectionGoOn(
      FrameOrigin.Behaviour behaviour, String outcome, boolean lives) throws Exception {
    start(http2(), "shadow.answerTimeout", "400ms");
    FrameOrigin.Stream first = served();
    shadow.behaveOnce(behaviour);
    FrameOrigin.Stream bad = served();
    assertThat(bad.sharesConnectionWith(first)).isTrue();
    if (lives) {
      assertThat(served().sharesConnectionWith(bad)).isTrue();
    }
    settled();

    assertThat(served().sharesConnectionWith(bad)).isEqualTo(lives);

    assertThat(settled().considered()).isEqualTo(lives ? 4 : 3);
    if (outcome.startsWith("failed")) {
      assertThat(describe(settled())).isEqualTo(outcome + " completed 2");
      assertThat(settled().failed()).isEqualTo(1);
    } else {
      assertThat(describe(settled())).isEqualTo(outcome);
    }
    assertThat(shadow.hasMore()).isFalse();
  }

  @Test
  void copies_oneIsCutOrReset_anotherThatWaitsIsNot() throws Exception {
    start(http2());
    served();
    shadow.behaveOnce(FrameOrigin.atEnd(stream -> {}));
    FrameOrigin.Stream waiting = served();
    shadow.behaveOnce(FrameOrigin.atHead(stream -> stream.reset(INTERNAL_ERROR)));
    served();
    RawClient leaving = client();
    leaving.sendHead(POST.header("Transfer-Encoding", "chunked")).chunk(bytes(10_000));
    FrameOrigin.Stream atV1 = primary.take();
    FrameOrigin.Stream cut = shadow.take();
    TestBed.await("the upload is under way", () -> cut.bytes() == 10_000);
    leaving.reset();
    TestBed.await("v1 hears of it", atV1::wasReset);
    TestBed.await("v2 hears of it", cut::wasReset);

    waiting.answer();

    assertThat(describe(settled())).isEqualTo("failed RESET failed CUT completed 2");
    assertThat(settled().completed(2)).isEqualTo(2);
    assertThat(cut.whole()).isFalse();
    assertThat(atV1.whole()).isFalse();
    assertThat(cut.sharesConnectionWith(waiting)).isTrue();
    assertThat(shadow.connections()).isEqualTo(1);
    assertThat(primary.connections()).isEqualTo(1);
  }

  @Test
  void upload_v2GrantsNoWindow_isWholeAtV1() throws Exception {
    shadow.initialWindow(0);
    start(http2());
    int size = 3 << 20;

    assertThat(exchange(POST.body(bytes(size))).text()).isEqualTo("one");

    FrameOrigin.Stream atV1 = primary.take();
    assertThat(atV1.bytes()).isEqualTo(size);
    assertThat(atV1.whole()).isTrue();
    FrameOrigin.Stream atV2 = shadow.take();
    TestBed.await("the copy is reset", atV2::wasReset);
    assertThat(atV2.bytes()).isZero();
    assertThat(onlyOutcome()).isEqualTo("failed LAG");
    assertThat(served().sharesConnectionWith(atV2)).isTrue();
  }

  @Test
  void upload_v2StopsReadingOne_otherUploadsAreWholeAtBoth() throws Exception {
    start(http2());
    shadow.behaveOnce(FrameOrigin.atHead(FrameOrigin.Stream::freeze));
    RawClient slow = client();
    slow.sendHead(POST.header("Transfer-Encoding", "chunked")).chunk(bytes(200_000));
    FrameOrigin.Stream slowAtV1 = primary.take();
    FrameOrigin.Stream frozen = shadow.take();
    TestBed.await("it has filled its window", () -> frozen.bytes() == 65_535);

    for (int i = 0; i < 3; i++) {
      assertThat(exchange(POST.body(bytes(500_000))).text()).isEqualTo("one");
      FrameOrigin.Stream copy = shadow.take();
      TestBed.await("the copy is whole", copy::whole);
      assertThat(copy.bytes()).isEqualTo(500_000);
      assertThat(copy.sharesConnectionWith(frozen)).isTrue();
      assertThat(primary.take().bytes()).isEqualTo(500_000);
    }
    slow.chunk(bytes(2 << 20)).chunk(new byte[0]);
    assertThat(slow.read().text()).isEqualTo("one");

    assertThat(slowAtV1.bytes()).isEqualTo(200_000 + (2 << 20));
    TestBed.await("the copy is reset", frozen::wasReset);
    assertThat(describe(settled())).isEqualTo("failed LAG completed 2");
  }

  /**
   * What v1 does with one stream of a connection that has carried another, and what is answered.
   */
  static Stream<Arguments> primaries() {
    return Stream.of(
        argumentSet(
            "resets the stream", FrameOrigin.atHead(stream -> stream.reset(INTERNAL_ERROR)), 503),
        argumentSet(
            "refuses the stream", FrameOrigin.atHead(stream -> stream.reset(REFUSED_STREAM)), 200),
        argumentSet(
            "leaves in answer", FrameOrigin.atEnd(Http2UpstreamContract::goAwayAndAnswer), 200),
        argumentSet(
            "leaves and has seen nothing",
            FrameOrigin.atEnd(stream -> stream.goAway(stream.id() - 2)),
            200),
        argumentSet("closes", FrameOrigin.atHead(FrameOrigin.Stream::closeConnection), 200));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("primaries")
  void get_v1MisbehavesOnItsStream_isAnswered(FrameOrigin.Behaviour behaviour, int status)
      throws Exception {
    start(http2());
    served();
    primary.behaveOnce(behaviour);

    RawAnswer answer = exchange(GET);

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.text().equals("one")).isEqualTo(status == 200);
    assertThat(exchange(GET).text()).isEqualTo("one");
    assertThat(settled().completed(2)).isEqualTo(3);
  }

  @Test
  void answers_severalAreOwedWhenV1Leaves_allAreWhole() throws Exception {
    start(http2());
    primary.behave(FrameOrigin.atEnd(stream -> {}));
    List<RawClient> clients = new ArrayList<>();
    List<FrameOrigin.Stream> owed = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(client().send(GET));
      owed.add(primary.take());
      shadow.take();
    }

    owed.get(0).goAway(owed.get(2).id());
    for (int i = 0; i < 3; i++) {
      assertThat(owed.get(i).sharesConnectionWith(owed.get(0))).isTrue();
      owed.get(i).answer();
      assertThat(clients.get(i).read().text()).isEqualTo("one");
    }

    TestBed.await("v1's connection is closed", () -> primary.openConnections() == 0);
    assertThat(settled().completed(2)).isEqualTo(3);
  }

  @Test
  void get_v1ClosesANewConnection_isAnswered503() throws Exception {
    start(http2());
    primary.behaveOnce(FrameOrigin.atHead(FrameOrigin.Stream::closeConnection));

    assertThat(exchange(GET).status()).isEqualTo(503);

    primary.take();
    served();
    assertThat(primary.hasMore()).isFalse();
  }

  @Test
  void post_v1ClosesAReusedConnection_isNotSentTwice() throws Exception {
    start(http2());
    served();
    primary.behaveOnce(FrameOrigin.atEnd(FrameOrigin.Stream::closeConnection));

    assertThat(exchange(POST.body("once")).status()).isEqualTo(503);

    primary.take();
    assertThat(primary.hasMore()).isFalse();
    assertThat(settled().completed(2)).isEqualTo(2);
  }

  /** What v1 does in the middle of an answer. */
  static Stream<Arguments> breaks() {
    return Stream.of(
        argumentSet("resets", headThen(stream -> stream.reset(INTERNAL_ERROR))),
        // A close at once could overtake the head.
        argumentSet("closes", headThen(FrameOrigin.Stream::finishConnection)));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("breaks")
  void answer_v1BreaksIt_isSeenAsBroken(FrameOrigin.Behaviour behaviour) throws Exception {
    needs(Capability.CHUNKED_TRUNCATION);
    start(http2());
    primary.behaveOnce(behaviour);

    RawAnswer answer = exchange(GET);

    // The end of the connection may overtake the head on its way through the client.
    assertThat(answer.whole()).isEqualTo(answer.status() == 503);
    primary.take();
    shadow.take();
    served();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void answer_v1LeavesWithIt_aSlowClientGetsItWhole(boolean closes) throws Exception {
    start(http2());
    primary.behaveOnce(
        FrameOrigin.atEnd(
            stream -> {
              stream.goAway(stream.id());
              stream.head();
              for (int i = 1; i <= 192; i++) {
                stream.data(bytes(16_384), i == 192);
              }
              if (closes) {
                stream.finishConnection();
              }
            }));
    RawClient slow = RawClient.to(gateway().port(), 4096);
    bed.afterwards(slow::close);

    RawAnswer answer = slow.send(GET).read(64 * 1024, Duration.ofMillis(5));

    assertThat(answer.whole()).isTrue();
    assertThat(answer.body().length()).isEqualTo(192 * 16_384);
    primary.take();
    shadow.take();
    TestBed.await("v1's connection is closed", () -> primary.openConnections() == 0);
    served();
  }

  @Test
  void answer_withoutEnd_whoseClientLeaves_isResetAndOthersGoOn() throws Exception {
    start(http2());
    primary.behaveOnce(FrameOrigin.atEnd(FrameOrigin.Stream::answerEndlessly));
    RawClient leaving = client().send(GET);
    leaving.readHead();
    leaving.readText(10_000);
    FrameOrigin.Stream endless = primary.take();
    shadow.take();
    primary.behaveOnce(FrameOrigin.atEnd(stream -> {}));
    RawClient waiting = client().send(GET);
    FrameOrigin.Stream hangs = primary.take();
    shadow.take();
    served();

    leaving.reset();
    TestBed.await("v1's stream is reset", endless::wasReset);
    hangs.answer();

    assertThat(waiting.read().text()).isEqualTo("one");
    assertThat(primary.connections()).isEqualTo(1);
  }

  @Test
  void get_v1FallsSilent_theNextGoesElsewhere() throws Exception {
    start(http2(Route.to("v1").mirror("v2").with("timeout: 1100ms")));
    served();
    primary.behaveOnce(FrameOrigin.atHead(FrameOrigin.Stream::fallSilent));

    assertThat(exchange(GET).status()).isEqualTo(504);

    FrameOrigin.Stream dead = primary.take();
    shadow.take();
    for (int i = 0; i < 3; i++) {
      assertThat(exchange(GET).text()).isEqualTo("one");
      assertThat(primary.take().sharesConnectionWith(dead)).isFalse();
      shadow.take();
    }
    TestBed.await("the silent connection is closed", dead::connectionEnded);
    assertThat(primary.connections()).isEqualTo(2);
    assertThat(settled().completed(2)).isEqualTo(5);
  }

  @Test
  void get_v1FallsSilent_whoWaitsForAnotherAnswerOfItIsLeftAlone() throws Exception {
    start(
        http2(Route.to("v1").mirror("v2").with("timeout: 1100ms"))
            .routes("others", List.of("other.example"), Route.to("v1")));
    served();
    primary.behave(FrameOrigin.atEnd(stream -> {}));
    RawClient waiting = client().send(RawRequest.get("/").host("other.example"));
    FrameOrigin.Stream owed = primary.take();

    assertThat(exchange(GET).status()).isEqualTo(504);
    assertThat(primary.take().sharesConnectionWith(owed)).isTrue();
    shadow.take();
    primary.behave(new FrameOrigin.Behaviour() {});
    assertThat(served().sharesConnectionWith(owed)).isFalse();
    owed.answer();

    assertThat(waiting.read().text()).isEqualTo("one");
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 20 << 20})
  void upload_v1ReadsNothingMore_isAnswered504AndTheNextGoesElsewhere(int size) throws Exception {
    start(http2(), "primary.idleTimeout", "1200ms");
    primary.initialWindow(32 << 20);
    served();
    primary.behaveOnce(FrameOrigin.atHead(FrameOrigin.Stream::stopReading));
    RawClient client = client();
    client.sendHead(POST.header("Content-Length", Integer.toString(size)));
    FrameOrigin.Stream dead = primary.take();
    FrameOrigin.Stream copy = shadow.take();
    CompletableFuture<Void> upload =
        CompletableFuture.runAsync(
            () -> {
              try {
                client.write(bytes(size));
              } catch (IOException closed) {
                // As a gateway may do once it has answered.
              }
            });

    assertThat(client.read().status()).isEqualTo(504);

    upload.get(5, TimeUnit.SECONDS);
    assertThat(exchange(GET).text()).isEqualTo("one");
    assertThat(primary.take().sharesConnectionWith(dead)).isFalse();
    shadow.take();
    settled();
    assertThat(copy.whole()).isEqualTo(size == 10);
    dead.readAgain();
    TestBed.await("the dead connection is closed", dead::connectionEnded);
  }

  @Test
  void upload_v1GrantsNoWindow_isAnswered504() throws Exception {
    primary.initialWindow(0);
    start(http2(), "primary.idleTimeout", "500ms");

    RawAnswer answer = exchange(POST.body("waits"));

    assertThat(answer.status()).isEqualTo(504);
    FrameOrigin.Stream atV1 = primary.take();
    TestBed.await("v1 hears of it", atV1::wasReset);
    assertThat(atV1.bytes()).isZero();
    assertThat(shadow.take().whole()).isTrue();
    assertThat(onlyOutcome()).isEqualTo("completed 2");
    served();
  }

  @Test
  void upload_v2GrantsNoWindowForASmallOne_isWholeAtV1() throws Exception {
    shadow.initialWindow(0);
    start(http2(), SHORT_LIMITS);

    assertThat(exchange(POST.body("waits")).text()).isEqualTo("one");

    assertThat(primary.take().whole()).isTrue();
    FrameOrigin.Stream atV2 = shadow.take();
    TestBed.await("the copy is reset", atV2::wasReset);
    assertThat(atV2.bytes()).isZero();
    assertThat(onlyOutcome()).isEqualTo("failed BODY_TIMEOUT");
  }

  @Test
  void copies_v2FallsSilent_theNextGoElsewhere() throws Exception {
    start(http2(), "shadow.answerTimeout", "1100ms");
    FrameOrigin.Stream before = served();
    shadow.behaveOnce(FrameOrigin.atHead(FrameOrigin.Stream::fallSilent));
    FrameOrigin.Stream dead = served();
    assertThat(dead.sharesConnectionWith(before)).isTrue();
    TestBed.await("the silent connection is closed", dead::connectionEnded);

    FrameOrigin.Stream next = served();

    assertThat(next.sharesConnectionWith(dead)).isFalse();
    assertThat(served().sharesConnectionWith(next)).isTrue();
    assertThat(describe(settled())).isEqualTo("failed ANSWER_TIMEOUT completed 2");
    assertThat(settled().completed(2)).isEqualTo(3);
  }

  @Test
  void copies_v2ReadsNothingMore_theNextGoElsewhere() throws Exception {
    start(http2(), "shadow.bodyTimeout", "1100ms", "shadow.maxLagBytes", "67108864");
    shadow.initialWindow(32 << 20);
    served();
    shadow.behaveOnce(FrameOrigin.atHead(FrameOrigin.Stream::stopReading));
    int size = 24 << 20;

    assertThat(exchange(POST.body(bytes(size))).text()).isEqualTo("one");

    assertThat(primary.take().bytes()).isEqualTo(size);
    FrameOrigin.Stream dead = shadow.take();
    assertThat(describe(settled())).isEqualTo("failed BODY_TIMEOUT completed 2");
    assertThat(served().sharesConnectionWith(dead)).isFalse();
    dead.readAgain();
    TestBed.await("the dead connection is closed", dead::connectionEnded);
  }

  @Test
  void v1_thatNeverGreets_isGivenUpAsOneThatCannotBeReached() throws Exception {
    primary.greet(false);
    start(http2(), "primary.connectTimeout", "300ms");

    assertThat(exchange(GET).status()).isEqualTo(503);

    assertThat(shadow.take().whole()).isTrue();
    TestBed.await("the connection is closed", () -> primary.openConnections() == 0);
    primary.greet(true);
    served();
    assertThat(settled().completed(2)).isEqualTo(2);
  }

  @Test
  void v2_thatNeverGreets_isGivenUpAndAskedAgain() throws Exception {
    shadow.greet(false);
    start(http2(), "shadow.connectTimeout", "300ms");

    for (int i = 0; i < 3; i++) {
      assertThat(exchange(GET).text()).isEqualTo("one");
      primary.take();
    }

    assertThat(describe(settled())).isEqualTo("dropped CONNECT_TIMEOUT");
    assertThat(settled().dropped()).isEqualTo(3);
    TestBed.await("its connections are closed", () -> shadow.openConnections() == 0);
    shadow.greet(true);
    served();
    assertThat(settled().completed(2)).isEqualTo(1);
  }

  /** How v1 closes its connection behind a whole answer, and says nothing of it before. */
  static Stream<Arguments> closings() {
    return Stream.of(
        argumentSet("finishes", (FrameOrigin.Action) FrameOrigin.Stream::finishConnection),
        argumentSet("closes", (FrameOrigin.Action) FrameOrigin.Stream::closeConnection));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("closings")
  void answer_v1ClosesBehindIt_isWhole(FrameOrigin.Action closing) throws Exception {
    start(http2());
    for (int i = 0; i < 20; i++) {
      // What greets on a new connection would be written to one that is closed: that is a failure.
      served();
      primary.behaveOnce(
          FrameOrigin.atEnd(
              stream -> {
                stream.answer();
                closing.on(stream);
              }));

      RawAnswer answer = exchange(GET);

      assertThat(answer.whole()).isTrue();
      assertThat(answer.text()).isEqualTo("one");
      primary.take();
      shadow.take();
    }
    assertThat(settled().completed(2)).isEqualTo(40);
  }

  @Test
  void answer_thatOutlastsTheIdleTimeout_isNeverShortened() throws Exception {
    start(http2(), "primary.idleTimeout", "500ms");
    int blocks = 448;
    primary.behaveOnce(
        FrameOrigin.atEnd(
            stream -> {
              stream.head();
              for (int i = 1; i <= blocks; i++) {
                stream.data(bytes(16_384), i == blocks);
              }
            }));
    RawClient slow = RawClient.to(gateway().port(), 4096);
    bed.afterwards(slow::close);

    RawAnswer answer = slow.send(GET).read(64 * 1024, Duration.ofMillis(25));

    assertThat(answer.body().length() == blocks * 16_384).isEqualTo(answer.whole());
    primary.take();
    shadow.take();
    served();
  }

  @Test
  void answer_v1ClosesBehindALargeOne_aSlowClientGetsItWhole() throws Exception {
    start(http2());
    primary.behaveOnce(
        FrameOrigin.atEnd(
            stream -> {
              stream.head();
              for (int i = 1; i <= 192; i++) {
                stream.data(bytes(16_384), i == 192);
              }
              stream.finishConnection();
            }));
    RawClient slow = RawClient.to(gateway().port(), 4096);
    bed.afterwards(slow::close);

    RawAnswer answer = slow.send(GET).read(64 * 1024, Duration.ofMillis(5));

    assertThat(answer.whole()).isTrue();
    assertThat(answer.body().length()).isEqualTo(192 * 16_384);
    primary.take();
    shadow.take();
    TestBed.await("v1's connection is closed", () -> primary.openConnections() == 0);
    served();
  }
}
