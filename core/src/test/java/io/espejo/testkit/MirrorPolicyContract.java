package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a MirrorPolicy says of copies, and of nothing else (SEMANTICS 1). */
abstract class MirrorPolicyContract extends GatewayFixture {
  private static final RawRequest GET = RawRequest.get("/").host("httpbin:8000");

  MirrorPolicyContract(GatewayContract container) {
    super(container);
  }

  private RulesYaml policy(String... lines) {
    return mirrored().policy("p", "", lines);
  }

  @Test
  void headers_areEditedOnTheCopyOnly() throws Exception {
    start(
        policy(
            "headers:",
            "  set: {x-canary: \"1\", x-host: \"%REQ(:authority)% of %REQ(cookie)%\"}",
            "  add: {x-tag: b}",
            "  remove: [authorization, cookie]"));

    exchange(
        GET.header("Authorization", "Basic Zm9vOmJhcg==")
            .header("Cookie", "a=b")
            .header("X-Canary", "0")
            .header("X-Tag", "a"));

    RecordedRequest primary = v1.take();
    assertThat(primary.header("Authorization")).isEqualTo("Basic Zm9vOmJhcg==");
    assertThat(primary.header("Cookie")).isEqualTo("a=b");
    assertThat(primary.header("X-Canary")).isEqualTo("0");
    assertThat(primary.headers().all("X-Tag")).containsExactly("a");
    assertThat(primary.headers().contains("X-Host")).isFalse();
    RecordedRequest shadow = v2.take();
    assertThat(shadow.headers().contains("Authorization")).isFalse();
    assertThat(shadow.headers().contains("Cookie")).isFalse();
    assertThat(shadow.headers().all("X-Canary")).containsExactly("1");
    assertThat(shadow.headers().all("X-Tag")).containsExactly("a", "b");
    assertThat(shadow.header("X-Host")).isEqualTo("httpbin:8000 of a=b");
    assertThat(shadow.header("x-espejo-mirror")).isEqualTo("espejo");
    assertThat(shadow.host()).isEqualTo("httpbin-shadow:8000");
  }

  @ParameterizedTest
  @CsvSource({
    "{suffix: -canary}, httpbin-canary:8000",
    "{preserve: true}, httpbin:8000",
    "{literal: v2.example.org}, v2.example.org",
  })
  void host_inEachForm_isTheCopys(String host, String expected) throws Exception {
    start(policy("host: " + host));

    exchange(GET);

    assertThat(v1.take().headers().all("Host")).containsExactly("httpbin:8000");
    assertThat(v2.take().headers().all("Host")).containsExactly(expected);
  }

  @Test
  void methods_thatAreLeftOut_areServedAndNotMirrored() throws Exception {
    start(policy("methods: [GET, HEAD]"));

    assertThat(exchange(RawRequest.post("/").body("x")).text()).isEqualTo("v1");
    assertThat(get("/").text()).isEqualTo("v1");

    v1.take(2);
    assertThat(v2.take().method()).isEqualTo("GET");
    OutcomeCounts counts = settled();
    assertThat(counts.dropped(Reason.METHOD)).isEqualTo(1);
    assertThat(counts.completed(2)).isEqualTo(1);
    assertThat(counts.considered()).isEqualTo(2);
  }

  @Test
  void sectionName_isForOneRouteOnly() throws Exception {
    start(
        routes(
                Route.to("v1").with("name: a").match("uri: {prefix: /a}").mirror("v2"),
                Route.to("v1").mirror("v2"))
            .policy("p", "sectionName: a", "host: {preserve: true}"));

    for (String target : List.of("/a", "/b")) {
      exchange(RawRequest.get(target).host("h"));
      v1.take();
      assertThat(v2.take().host()).isEqualTo(target.equals("/a") ? "h" : "h-shadow");
    }
  }

  @Test
  void eachMirrorOfARoute_hasThePolicyOfItsOwn() throws Exception {
    RecordingOrigin v3 = bed.origin("v3");
    start(
        twoMirrors(v3, "100", "100")
            .policy("wide", "", "host: {suffix: -wide}")
            .policy("v3", "", "mirror: {host: httpbin, subset: v3}", "host: {suffix: -v3}"));

    exchange(GET);

    v1.take();
    assertThat(v2.take().host()).isEqualTo("httpbin-wide:8000");
    assertThat(v3.take().host()).isEqualTo("httpbin-v3:8000");
  }

  @Test
  void sample_byAKey_isAlwaysTheSameAndNests() throws Exception {
    RecordingOrigin v3 = bed.origin("v3");
    start(twoMirrors(v3, "50", "20").policy("p", "", "sample: {by: {header: x-user}}"));

    RawClient client = client();
    for (int i = 0; i < 300; i++) {
      client.exchange(GET.header("X-User", "user-" + i % 100));
    }

    settled();
    v1.take(300);
    Map<String, Long> atV2 = copiesByUser(v2);
    Map<String, Long> atV3 = copiesByUser(v3);
    assertThat(atV2.values()).containsOnly(3L);
    assertThat(atV3.values()).containsOnly(3L);
    assertThat(atV2.keySet()).containsAll(atV3.keySet());
    assertThat(atV2.size()).isBetween(30, 70);
    assertThat(atV3.size()).isBetween(4, 36);
  }

  @Test
  void sample_ofRequestsWithoutTheKey_isDrawn() throws Exception {
    start(
        routes(Route.to("v1").mirror("v2", "50.0"))
            .policy("p", "", "sample: {by: {cookie: session}}"));

    RawClient client = client();
    for (int i = 0; i < 400; i++) {
      client.exchange(GET);
    }

    settled();
    v1.take(400);
    assertThat(v2.drain().size()).isBetween(200 - 40, 200 + 40);
  }

  private static Map<String, Long> copiesByUser(RecordingOrigin origin) {
    return origin.drain().stream()
        .collect(Collectors.groupingBy(copy -> copy.header("X-User"), Collectors.counting()));
  }

  @Test
  void expires_oncePassed_endsTheCopiesAndSaysSoOnce() throws Exception {
    start(mirrored());
    try (LogWatch log = gateway().watchLog()) {
      Instant end = Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.MILLIS);
      gateway().apply(policy("expires: " + end));
      get("/");
      v1.take();
      v2.take();

      TestBed.await("a copy that was not sent", this::expired);
      log.await("MirrorPolicy default/p has expired");
      get("/");

      settled();
      v1.drain();
      v2.drain();
      assertThat(expired()).isTrue();
      assertThat(v2.waiting()).isZero();
      assertThat(log.messages()).filteredOn(line -> line.contains("expired")).hasSize(1);
    }
    v1.drain();
  }

  private boolean expired() {
    long before = settled().dropped(Reason.EXPIRED);
    try {
      assertThat(get("/").text()).isEqualTo("v1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return settled().dropped(Reason.EXPIRED) == before + 1;
  }

  @Test
  void timeout_goesBeforeTheRoutes() throws Exception {
    start(routes(Route.to("v1").mirror("v2").with("timeout: 60s")).policy("p", "", "timeout: 1s"));
    v2.behave(Behaviour.neverAnswer());

    assertThat(get("/").text()).isEqualTo("v1");

    assertThat(v1.take().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("60000");
    assertThat(v2.take().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("1000");
    assertThat(onlyOutcome()).isEqualTo("failed ANSWER_TIMEOUT");
  }

  @Test
  void maxInFlight_holdsForThePolicyAlone() throws Exception {
    start(
        routes(
                Route.to("v1").with("name: a").match("uri: {prefix: /a}").mirror("v2"),
                Route.to("v1").mirror("v2"))
            .policy("p", "sectionName: a", "limits: {maxInFlight: 2}"));
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    RawClient client = client();

    for (int i = 0; i < 3; i++) {
      client.exchange(RawRequest.get("/a"));
    }
    for (int i = 0; i < 3; i++) {
      client.exchange(RawRequest.get("/b"));
    }

    v1.take(6);
    v2.take(5);
    assertThat(gateway().outcomes().dropped(Reason.IN_FLIGHT)).isEqualTo(1);
    gate.countDown();
    assertThat(settled().completed(2)).isEqualTo(5);
  }

  @Test
  void maxInFlight_changedByAReload_holdsAtOnceAndCountsOn() throws Exception {
    start(policy("limits: {maxInFlight: 1}"));
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    RawClient client = client();
    client.exchange(GET);
    client.exchange(GET);
    v2.take();
    assertThat(gateway().outcomes().dropped(Reason.IN_FLIGHT)).isEqualTo(1);

    gateway().apply(policy("limits: {maxInFlight: 2}"));
    client.exchange(GET);
    client.exchange(GET);

    v2.take();
    v1.take(4);
    gate.countDown();
    settled();
    OutcomeCounts counts =
        gateway().outcomesByDestination().get("outbound|8000|v2|httpbin.default.svc.cluster.local");
    assertThat(counts.considered()).isEqualTo(4);
    assertThat(counts.dropped(Reason.IN_FLIGHT)).isEqualTo(2);
    assertThat(counts.completed(2)).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "Content-Length, 1000, completed 2",
    "Content-Length, 1001, dropped BODY_SIZE",
    "Transfer-Encoding, 1000, completed 2",
    "Transfer-Encoding, 1001, failed BODY_SIZE"
  })
  void maxBodyBytes_atTheLimitAndBeyond(String framing, int length, String outcome)
      throws Exception {
    start(policy("limits: {maxBodyBytes: 1000}"));
    RawClient client = client();
    if (framing.equals("Content-Length")) {
      client.send(RawRequest.post("/").body(bytes(length)));
    } else {
      client.sendHead(RawRequest.post("/").header("Transfer-Encoding", "chunked"));
      client.chunk(bytes(500));
      // It has begun, so that what is beyond the limit resets it.
      TestBed.await("a copy that has begun", () -> v2.connections() == 1);
      client.chunk(bytes(length - 500)).chunk(new byte[0]);
    }

    assertThat(client.read().text()).isEqualTo("v1");

    assertThat(v1.take().body().length()).isEqualTo(length);
    assertThat(onlyOutcome()).isIn(outcome, outcome.replace("failed", "dropped"));
    if (length == 1000) {
      assertThat(v2.take().body().length()).isEqualTo(length);
    } else {
      assertThat(allAtV2()).noneMatch(RecordedRequest::whole);
    }
  }

  @Test
  void maxLagBytes_ofOneMirror_leavesTheOther() throws Exception {
    RecordingOrigin v3 = bed.origin("v3");
    start(
        twoMirrors(v3, "100", "100")
            .policy("p", "", "mirror: {host: httpbin, subset: v3}", "limits: {maxLagBytes: 1}"));

    exchange(RawRequest.post("/").body(bytes(100_000)));

    assertThat(v1.take().whole()).isTrue();
    assertThat(v2.take().whole()).isTrue();
    assertThat(settled().completed(2)).isEqualTo(1);
    assertThat(settled().failed(Reason.LAG) + settled().dropped(Reason.LAG)).isEqualTo(1);
    TestBed.await("v3 has no connection", () -> v3.openConnections() == 0);
    assertThat(v3.drain()).noneMatch(RecordedRequest::whole);
  }

  @Test
  void pause_survivesAReloadOfThePolicy() throws Exception {
    RulesYaml refusing = mirroredTo(RecordingOrigin.refusingPort());
    start(refusing.policy("p", "", "timeout: 1s"), "shadow.failuresToPause", "1");
    get("/");
    assertThat(settled().dropped(Reason.CONNECT)).isEqualTo(1);

    gateway().apply(refusing.policy("p", "", "timeout: 2s"));
    get("/");

    v1.take(2);
    assertThat(settled().dropped(Reason.PAUSED)).isEqualTo(1);
  }

  @Test
  void tenMirrors_firstHangs_theOthersGetTheirCopiesAtOnce() throws Exception {
    List<RecordingOrigin> mirrors = tenMirrors();
    mirrors.get(0).onAccept(Behaviour.NEVER_READ);
    start(toAll(mirrors), "shadow.bodyTimeout", "3s", "shadow.answerTimeout", "3s");

    assertV1Serves(RawRequest.post("/").body(bytes(200_000)), 1);

    for (RecordingOrigin other : mirrors.subList(1, 10)) {
      assertThat(other.take().body().hash()).isEqualTo(RecordedBody.hashOf(bytes(200_000)));
    }
    // All of that while the first one holds its copy: nothing waited for its end.
    TestBed.await("the first copy alone is in flight", () -> gateway().outcomes().inFlight() == 1);
    assertThat(gateway().outcomes().completed(2)).isEqualTo(9);
    OutcomeCounts counts = settled();
    assertThat(counts.failed(Reason.BODY_TIMEOUT) + counts.failed(Reason.ANSWER_TIMEOUT))
        .isEqualTo(1);
  }

  @Test
  void tenMirrors_oneWithATinyLimit_leavesTheOthers() throws Exception {
    List<RecordingOrigin> mirrors = tenMirrors();
    CountDownLatch gate = new CountDownLatch(1);
    mirrors.get(0).behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    start(
        toAll(mirrors)
            .policy("tiny", "", "mirror: {host: httpbin, subset: m0}", "limits: {maxInFlight: 1}"));

    assertV1Serves(GET, 20);

    for (RecordingOrigin other : mirrors.subList(1, 10)) {
      other.take(20);
    }
    mirrors.get(0).take();
    assertThat(gateway().outcomes().dropped(Reason.IN_FLIGHT)).isEqualTo(19);
    gate.countDown();
    assertThat(settled().completed(2)).isEqualTo(181);
  }

  private List<RecordingOrigin> tenMirrors() throws IOException {
    List<RecordingOrigin> mirrors = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      mirrors.add(bed.origin("m" + i));
    }
    return mirrors;
  }

  private RulesYaml toAll(List<RecordingOrigin> mirrors) {
    Map<String, Integer> endpoints = new HashMap<>(Map.of("v1", v1.port()));
    Route route = Route.to("v1").with("mirrors:");
    for (RecordingOrigin mirror : mirrors) {
      endpoints.put(mirror.name(), mirror.port());
      route = route.with("- destination: {host: httpbin, subset: " + mirror.name() + "}");
    }
    return RulesYaml.of()
        .service("httpbin", 8000, endpoints)
        .routes("httpbin", List.of("*"), route);
  }

  private RulesYaml twoMirrors(RecordingOrigin v3, String v2Share, String v3Share) {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port(), "v3", v3.port()))
        .routes(
            "httpbin",
            List.of("*"),
            Route.to("v1")
                .with(
                    "mirrors:",
                    "- {destination: {host: httpbin, subset: v2}, percentage: {value: "
                        + v2Share
                        + "}}",
                    "- {destination: {host: httpbin, subset: v3}, percentage: {value: "
                        + v3Share
                        + "}}"));
  }
}
