package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Timeouts, further attempts and faults, as the client, v1 and v2 see them. */
abstract class RetryContract extends GatewayFixture {
  RetryContract(GatewayContract container) {
    super(container);
  }

  @Test
  void get_firstEndpointRefuses_isAnsweredByTheSecondAndMirroredOnce() throws Exception {
    start(twoEndpoints(RecordingOrigin.refusingPort()));

    for (int i = 0; i < 8; i++) {
      assertThat(get("/").text()).isEqualTo("v1");
      v1.take();
      v2.take();
    }

    assertThat(settled().considered()).isEqualTo(8);
    assertThat(gateway().primaryCounts().retries()).isBetween(1L, 8L);
  }

  @Test
  void post_firstEndpointRefuses_isAnsweredByTheSecondAndMirroredOnce() throws Exception {
    start(twoEndpoints(RecordingOrigin.refusingPort()));

    for (int i = 0; i < 8; i++) {
      assertThat(exchange(RawRequest.post("/").body("body " + i)).text()).isEqualTo("v1");
      assertThat(v1.take().body().text()).isEqualTo("body " + i);
      assertThat(v2.take().body().text()).isEqualTo("body " + i);
    }

    assertThat(settled().considered()).isEqualTo(8);
  }

  @Test
  void get_v1Answers503ByDefault_isNotRetried() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(503).body("busy")));

    assertThat(get("/").text()).isEqualTo("busy");

    assertThat(v1.take().header("x-envoy-attempt-count")).isEqualTo("1");
    v2.take();
  }

  @Test
  void get_v1AnswersARetriableStatus_isRetriedUnseenAndMirroredOnce() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("retries: {attempts: 2, retryOn: '503', backoff: 1ms}")));
    AtomicInteger requests = new AtomicInteger();
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(
              requests.incrementAndGet() < 3
                  ? Answer.of(503).body(bytes(30_000))
                  : Answer.of(200).body("third"));
        });

    assertThat(get("/").text()).isEqualTo("third");

    assertThat(v1.take(3))
        .extracting(request -> request.header("x-envoy-attempt-count"))
        .containsExactlyInAnyOrder("1", "2", "3");
    assertThat(v2.take().header("x-envoy-attempt-count")).isEqualTo("1");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
    assertThat(gateway().primaryCounts().retries()).isEqualTo(2);
  }

  @Test
  void get_v1KeepsAnsweringARetriableStatus_getsTheLastAnswer() throws Exception {
    start(routes(Route.to("v1").with("retries: {attempts: 1, retryOn: 5xx, backoff: 1ms}")));
    v1.behave(Behaviour.answer(Answer.of(500).body("broken")));

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.text()).isEqualTo("broken");
    v1.take(2);
  }

  @Test
  void get_attemptsIsZero_isNotRetried() throws Exception {
    start(routes(Route.to("v1").with("retries: {attempts: 0}")));
    v1.behave(Behaviour.answer(Answer.of(200).header("grpc-status", "14").body("")));

    assertThat(get("/").header("grpc-status")).isEqualTo("14");

    v1.take();
  }

  @Test
  void get_v1ResetsInsteadOfAnswer_isRetriedOnReset() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("retries: {attempts: 2, retryOn: reset, backoff: 1ms}")));
    AtomicInteger requests = new AtomicInteger();
    v1.behave(
        connection -> {
          connection.readBody();
          if (requests.incrementAndGet() == 1) {
            connection.reset();
          } else {
            connection.send(Answer.of(200).body("second"));
          }
        });

    assertThat(get("/").text()).isEqualTo("second");

    v1.take(2);
    v2.take();
  }

  @Test
  void post_answeredByARetriableStatus_isSentWholeAgain() throws Exception {
    for (RawRequest request :
        List.of(RawRequest.post("/").body(bytes(60_000)), RawRequest.post("/").body("small"))) {
      assertBodySentAgain(request);
    }
  }

  private void assertBodySentAgain(RawRequest request) throws Exception {
    if (!started()) {
      start(
          routes(
              Route.to("v1")
                  .mirror("v2")
                  .with("retries: {attempts: 2, retryOn: 5xx, backoff: 1ms}")));
    }
    AtomicInteger requests = new AtomicInteger();
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(Answer.of(requests.incrementAndGet() == 1 ? 500 : 200).body("done"));
        });

    assertThat(exchange(request).status()).isEqualTo(200);

    String sent = v2.take().body().hash();
    assertThat(v1.take(2)).extracting(r -> r.body().hash()).containsOnly(sent);
    settled();
  }

  @Test
  void post_bodyBeyondTheBound_isNotRetried() throws Exception {
    start(
        routes(
            Route.to("v1").mirror("v2").with("retries: {attempts: 2, retryOn: 5xx, backoff: 1ms}")),
        "primary.retryBodyBytes",
        "1000");
    v1.behave(Behaviour.answer(Answer.of(500).body("once")));

    assertThat(exchange(RawRequest.post("/").body(bytes(1001))).status()).isEqualTo(500);

    v1.take();
    v2.take();
    assertThat(gateway().primaryCounts().bodiesNotKept()).isEqualTo(1);
  }

  @Test
  void get_v1ExceedsTheTimeout_isAnswered504() throws Exception {
    start(routes(Route.to("v1").with("timeout: 1s")));
    v1.behave(Behaviour.neverAnswer());

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(504);
    assertThat(answer.text()).isEqualTo("upstream request timeout");
    assertThat(v1.take().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("1000");
    assertThat(gateway().primaryCounts().timeouts()).isEqualTo(1);
  }

  @Test
  void post_v1ExceedsTheTimeout_isAnswered504() throws Exception {
    start(routes(Route.to("v1").with("timeout: 1s")));
    v1.behave(Behaviour.neverAnswer());

    assertThat(exchange(RawRequest.post("/").body("whole")).status()).isEqualTo(504);

    v1.take();
  }

  @Test
  void post_grpcTimeoutRunsOut_isAnsweredAsGrpcHasIt() throws Exception {
    start(routes(Route.to("v1").mirror("v2")));
    v1.behave(Behaviour.neverAnswer());
    v2.behave(Behaviour.neverAnswer());

    RawAnswer answer = exchange(grpc("1000m"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("grpc-status")).isEqualTo("14");
    assertThat(answer.header("grpc-message")).isEqualTo("upstream request timeout");
    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.header("grpc-timeout")).isEqualTo("1000m");
      assertThat(request.header("x-envoy-expected-rq-timeout-ms")).isEqualTo("1000");
    }
    assertThat(onlyOutcome()).isEqualTo("failed ANSWER_TIMEOUT");
  }

  @Test
  void post_grpcTimeoutLongerThanTheRoutes_isCutToIt() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("timeout: 2s")
                .with("retries: {attempts: 1, perTryTimeout: 1s, retryOn: 5xx}")));

    exchange(grpc("5S"));

    RecordedRequest primary = v1.take();
    assertThat(primary.header("grpc-timeout")).isEqualTo("1000m");
    assertThat(primary.header("x-envoy-expected-rq-timeout-ms")).isEqualTo("1000");
    RecordedRequest copy = v2.take();
    assertThat(copy.header("grpc-timeout")).isEqualTo("1000m");
    assertThat(copy.header("x-envoy-expected-rq-timeout-ms")).isEqualTo("2000");
  }

  private static RawRequest grpc(String timeout) {
    return RawRequest.post("/")
        .header("Content-Type", "application/grpc")
        .header("grpc-timeout", timeout)
        .body("x");
  }

  @Test
  void get_timeoutRunsOutInTheAnswer_isSeenAsCut() throws Exception {
    start(routes(Route.to("v1").with("timeout: 1s")));
    v1.behave(Behaviour.hangInAnswer(Answer.of(200).body(bytes(200_000)), 100_000));

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.whole()).isFalse();
    v1.take();
  }

  @Test
  void get_perTryTimeoutRunsOut_isTriedAgain() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("timeout: 5s")
                .with("retries: {attempts: 1, perTryTimeout: 1s, retryOn: 5xx, backoff: 1ms}")));
    AtomicInteger requests = new AtomicInteger();
    v1.behave(
        connection -> {
          connection.readBody();
          if (requests.incrementAndGet() == 1) {
            connection.awaitPeerClose();
          } else {
            connection.send(Answer.of(200).body("second"));
          }
        });

    assertThat(get("/").text()).isEqualTo("second");

    assertThat(v1.take(2))
        .extracting(request -> request.header("x-envoy-expected-rq-timeout-ms"))
        .containsOnly("1000");
    assertThat(v2.take().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("5000");
  }

  @Test
  void get_perTryTimeoutIsNoCondition_isAnswered504() throws Exception {
    start(routes(Route.to("v1").with("retries: {attempts: 2, perTryTimeout: 1s}")));
    v1.behave(Behaviour.neverAnswer());

    assertThat(get("/").status()).isEqualTo(504);

    v1.take();
  }

  @Test
  void get_timeoutRunsOutInTheBackoff_isAnswered504() throws Exception {
    start(
        routes(
            Route.to("v1")
                .with("timeout: 1s")
                .with("retries: {attempts: 1, retryOn: 5xx, backoff: 1000h}")));
    v1.behave(Behaviour.answer(Answer.of(500).body("")));

    assertThat(get("/").status()).isEqualTo(504);

    v1.take();
  }

  @Test
  void copy_v2ExceedsTheRoutesTimeout_isGivenUp() throws Exception {
    start(routes(Route.to("v1").mirror("v2").with("timeout: 1s")));
    v2.behave(Behaviour.neverAnswer());

    assertThat(get("/").text()).isEqualTo("v1");

    v1.take();
    assertThat(onlyOutcome()).isEqualTo("failed ANSWER_TIMEOUT");
    assertThat(v2.take().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("1000");
  }

  @Test
  void get_faultAborts_isAnsweredAndNotMirrored() throws Exception {
    start(faulty("abort: {httpStatus: 418, percentage: {value: 100}}"));

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(418);
    assertThat(answer.text()).isEqualTo("fault filter abort");
    assertThat(settled().considered()).isZero();
    assertThat(gateway().primaryCounts().aborts()).isEqualTo(1);
  }

  @Test
  void get_faultAborts_answerIsEditedAndNamesTheRequestAsItCame() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("fault: {abort: {httpStatus: 418, percentage: {value: 100}}}")
                .with("rewrite: {uri: /new}")
                .with("corsPolicy: {allowOrigins: [{exact: '*'}]}")
                .with("headers: {response: {set: {x-path: '%REQ(:path)%'}}}")));

    RawAnswer answer = exchange(RawRequest.get("/old").header("Origin", "http://a"));

    assertThat(answer.status()).isEqualTo(418);
    assertThat(answer.header("x-path")).isEqualTo("/old");
    assertThat(answer.headers().contains("access-control-allow-origin")).isFalse();
  }

  @Test
  void get_faultAbortsForGrpc_isAnsweredAsGrpcHasIt() throws Exception {
    start(faulty("abort: {grpcStatus: NOT_FOUND, percentage: {value: 100}}"));

    RawAnswer plain = get("/");
    RawAnswer grpc =
        exchange(RawRequest.post("/").header("Content-Type", "application/grpc").body("x"));

    assertThat(plain.status()).isEqualTo(200);
    assertThat(plain.text()).isEqualTo("fault filter abort");
    assertThat(grpc.status()).isEqualTo(200);
    assertThat(grpc.header("grpc-status")).isEqualTo("5");
    assertThat(grpc.header("grpc-message")).isEqualTo("fault filter abort");
  }

  @Test
  void get_faultWithoutPercentage_isNotMet() throws Exception {
    start(faulty("abort: {httpStatus: 500}"));

    assertThat(get("/").text()).isEqualTo("v1");

    v1.take();
    v2.take();
  }

  @Test
  void post_faultDelays_isSentAfterwards() throws Exception {
    start(faulty("delay: {fixedDelay: 300ms, percentage: {value: 100}}"));
    long begun = System.nanoTime();

    assertThat(exchange(RawRequest.post("/").body("late")).text()).isEqualTo("v1");

    assertThat(System.nanoTime() - begun).isGreaterThan(290_000_000L);
    assertThat(v1.take().body().text()).isEqualTo("late");
    assertThat(v2.take().body().text()).isEqualTo("late");
    assertThat(gateway().primaryCounts().delays()).isEqualTo(1);
  }

  /** Unlike Envoy, which notices and sends nothing: no container tells of it on HTTP/1.1. */
  @Test
  void get_clientLeavesDuringTheDelay_isSentAllTheSame() throws Exception {
    start(faulty("delay: {fixedDelay: 300ms, percentage: {value: 100}}"));
    RawClient client = client().send(RawRequest.get("/left"));
    TestBed.await("the delay", () -> gateway().primaryCounts().delays() == 1);

    client.reset();

    assertThat(v1.take().target()).isEqualTo("/left");
    assertThat(v2.take().target()).isEqualTo("/left");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void fault_delaysAndAborts_isAnsweredAfterTheDelay() throws Exception {
    start(
        faulty(
            "delay: {fixedDelay: 300ms, percentage: {value: 100}}, abort: {httpStatus: 503,"
                + " percentage: {value: 100}}"));
    long begun = System.nanoTime();

    assertThat(get("/").status()).isEqualTo(503);

    assertThat(System.nanoTime() - begun).isGreaterThan(290_000_000L);
    assertThat(exchange(RawRequest.post("/").body("unread")).status()).isEqualTo(503);
  }

  private RulesYaml faulty(String fault) {
    return routes(Route.to("v1").mirror("v2").with("fault: {" + fault + "}"));
  }

  /** The subset v1 has two endpoints, of which one is the origin. */
  private RulesYaml twoEndpoints(int other) throws IOException {
    return RulesYaml.of()
        .with(
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: httpbin}
            spec:
              hosts: [httpbin.default.svc.cluster.local]
              location: MESH_INTERNAL
              ports: [{number: 8000, name: http, protocol: HTTP}]
              resolution: STATIC
              endpoints:
              - {address: 127.0.0.1, ports: {http: %d}, labels: {version: v1}}
              - {address: 127.0.0.1, ports: {http: %d}, labels: {version: v1}}
              - {address: 127.0.0.1, ports: {http: %d}, labels: {version: v2}}
            """
                .formatted(other, v1.port(), v2.port()))
        .with(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: httpbin}
            spec:
              host: httpbin
              subsets:
              - {name: v1, labels: {version: v1}}
              - {name: v2, labels: {version: v2}}
            """)
        .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2"));
  }
}
