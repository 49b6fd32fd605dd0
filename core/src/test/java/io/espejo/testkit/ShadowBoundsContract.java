package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.testkit.RulesYaml.Route;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** That what copies take is bounded, and that the bounds are v2's matter only (SEMANTICS 5). */
abstract class ShadowBoundsContract extends GatewayFixture {
  ShadowBoundsContract(GatewayContract container) {
    super(container);
  }

  static Stream<Arguments> floods() {
    return Stream.of(
        argumentSet("endless head", Behaviour.endlessHead(), "failed GARBAGE"),
        argumentSet("endless body", Behaviour.endlessBody(), "failed ANSWER_TIMEOUT"),
        argumentSet("endless 1xx", Behaviour.endlessInterim(), "failed GARBAGE"));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("floods")
  void request_v2AnswersWithoutEnd_clientSeesV1Only(Behaviour behaviour, String outcome)
      throws Exception {
    start(mirrored(), "shadow.answerTimeout", "2s");
    v2.behave(behaviour);

    assertV1Serves(RawRequest.post("/").body(bytes(10_000)), 1);

    assertThat(onlyOutcome()).isEqualTo(outcome);
    v2.take();
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("floods")
  void oneMirror_thatFloods_doesNotHoldUpAnother(Behaviour behaviour, String outcome)
      throws Exception {
    RecordingOrigin v3 = bed.origin("v3");
    start(twoMirrors(v3), "shadow.answerTimeout", "2s");
    v2.behave(behaviour);

    // Each flood keeps a thread of the test's own busy, too: a few are enough.
    assertV1Serves(RawRequest.get("/"), 4);

    v3.take(4);
    assertThat(describe(settled())).isEqualTo(outcome + " completed 2");
    assertThat(settled().completed(2)).isEqualTo(4);
    v2.take(4);
  }

  @Test
  void oneMirror_thatHangs_doesNotHoldUpAnother() throws Exception {
    RecordingOrigin v3 = bed.origin("v3");
    start(twoMirrors(v3));
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.readOnceOpen(gate, Answer.of(200)));

    assertV1Serves(RawRequest.post("/").body(bytes(100_000)), 3);

    v3.take(3);
    gate.countDown();
    v2.take(3);
    assertThat(settled().completed(2)).isEqualTo(6);
  }

  @Test
  void request_v2HoldsItsAnswer_isAnsweredMeanwhile() throws Exception {
    start(mirrored());
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));

    assertV1Serves(RawRequest.get("/"), 20);

    v2.take(20);
    assertThat(gateway().outcomes().inFlight()).isEqualTo(20);
    gate.countDown();
    assertThat(settled().completed(2)).isEqualTo(20);
  }

  @Test
  void copies_beyondTheBound_areDropped() throws Exception {
    start(mirrored(), "shadow.maxInFlight", "5");
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));

    assertV1Serves(RawRequest.get("/"), 12);

    v2.take(5);
    assertThat(gateway().outcomes().dropped(Reason.IN_FLIGHT)).isEqualTo(7);
    gate.countDown();
    assertThat(settled().completed(2)).isEqualTo(5);
    v2.behave(Behaviour.answer(Answer.of(200)));
    assertV1Serves(RawRequest.get("/"), 1);
    v2.take();
  }

  @Test
  void copies_after20FailuresInARow_arePaused() throws Exception {
    start(mirroredTo(RecordingOrigin.refusingPort()));

    RawClient client = client();
    for (int i = 0; i < 20; i++) {
      client.exchange(RawRequest.get("/"));
      settled();
    }
    assertThat(settled().dropped(Reason.CONNECT)).isEqualTo(20);
    client.exchange(RawRequest.get("/"));

    assertThat(settled().dropped(Reason.PAUSED)).isEqualTo(1);
    v1.take(21);
  }

  @Test
  void post_v2ReadsNothing_uploadIsWholeAtV1() throws Exception {
    RecordingOrigin deaf = bed.origin("deaf", 16 * 1024);
    deaf.onAccept(Behaviour.NEVER_READ);
    start(mirroredTo(deaf.port()));

    assertV1Serves(RawRequest.post("/").body(bytes(20 << 20)), 1);

    assertThat(onlyOutcome()).isIn("failed LAG", "dropped LAG");
  }

  @Test
  void post_v2StopsReadingAfterHead_uploadIsWholeAtV1() throws Exception {
    RecordingOrigin stuck = bed.origin("stuck", 16 * 1024);
    stuck.behave(Behaviour.hangAfterHead());
    start(mirroredTo(stuck.port()));

    assertV1ServesUpload(20 << 20, stuck);

    assertThat(onlyOutcome()).isEqualTo("failed LAG");
  }

  @Test
  void post_v2StopsReadingWithinTheLag_isEndedByTheBodyTimeout() throws Exception {
    RecordingOrigin stuck = bed.origin("stuck", 16 * 1024);
    stuck.behave(Behaviour.hangInBody(1000));
    start(
        mirroredTo(stuck.port()), "shadow.bodyTimeout", "400ms", "shadow.maxLagBytes", "67108864");

    assertV1Serves(RawRequest.post("/").body(bytes(20 << 20)), 1);

    assertThat(stuck.take().whole()).isFalse();
    assertThat(onlyOutcome()).isEqualTo("failed BODY_TIMEOUT");
  }

  private RulesYaml twoMirrors(RecordingOrigin v3) {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port(), "v3", v3.port()))
        .routes(
            "httpbin",
            List.of("*"),
            Route.to("v1")
                .with(
                    "mirrors:",
                    "- destination: {host: httpbin, subset: v2}",
                    "- destination: {host: httpbin, subset: v3}"));
  }
}
