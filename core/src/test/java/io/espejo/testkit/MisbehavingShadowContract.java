package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** That nothing v2 does, or fails to do, reaches the client or v1 (SEMANTICS 4 and 5). */
abstract class MisbehavingShadowContract extends GatewayFixture {
  /** Which of these it is, is a race between the upload, the connection and its end. */
  private static final Set<String> BROKEN_EARLY =
      Set.of("failed RESET", "failed LAG", "dropped RESET", "dropped CONNECT", "dropped LAG");

  MisbehavingShadowContract(GatewayContract container) {
    super(container);
  }

  /** What v2 does once it has a request, and how the copy may end. */
  static Stream<Arguments> behaviours() {
    Answer answer = Answer.of(200).body(bytes(50_000));
    return Stream.of(
        argumentSet("answers 500", Behaviour.answer(Answer.of(500)), "completed 5"),
        argumentSet("redirects", redirect(), "completed 3"),
        argumentSet("answers 401", unauthorized(), "completed 4"),
        argumentSet("large answer", Behaviour.answer(answer.chunked()), "completed 2"),
        argumentSet("broken gzip", brokenGzip(), "completed 2"),
        argumentSet("never answers", Behaviour.neverAnswer(), "failed ANSWER_TIMEOUT"),
        argumentSet("hangs in answer", Behaviour.hangInAnswer(answer, 9), "failed ANSWER_TIMEOUT"),
        argumentSet("resets, no answer", Behaviour.resetInsteadOfAnswer(), "failed RESET"),
        argumentSet("closes, no answer", Behaviour.closeInsteadOfAnswer(), "failed RESET"),
        argumentSet("resets in answer", Behaviour.resetInAnswer(answer, 9), "failed RESET"),
        argumentSet("closes in answer", Behaviour.closeInAnswer(answer, 9), "failed RESET"),
        argumentSet(
            "closes in chunked answer",
            Behaviour.closeInAnswer(answer.chunked(), 9),
            "failed RESET"),
        argumentSet("garbage", Behaviour.say("\u0000\u0001 no HTTP\r\n\r\n"), "failed GARBAGE"),
        argumentSet("text", Behaviour.say("220 mail.example ESMTP\r\n"), "failed GARBAGE"),
        argumentSet("1,000 times 100", Behaviour.interim(100, 1000, answer), "completed 2"),
        argumentSet("1,000 times 102", Behaviour.interim(102, 1000, answer), "completed 2"),
        argumentSet("103", Behaviour.interim(103, 1, answer), "completed 2"),
        argumentSet("199", Behaviour.interim(199, 2, answer), "completed 2"));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("behaviours")
  void get_v2Misbehaves_clientSeesV1Only(Behaviour behaviour, String outcome) throws Exception {
    start(mirrored(), SHORT_LIMITS);
    v2.behave(behaviour);

    assertV1Serves(RawRequest.get("/"), 2);

    assertThat(settled().considered()).isEqualTo(2);
    assertThat(describe(settled())).isEqualTo(outcome);
    assertThat(v2.take(2)).allMatch(RecordedRequest::whole);
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("behaviours")
  void post_v2Misbehaves_clientSeesV1Only(Behaviour behaviour, String outcome) throws Exception {
    start(mirrored(), SHORT_LIMITS);
    v2.behave(behaviour);

    assertV1Serves(RawRequest.post("/").body(bytes(100_000)), 2);

    assertThat(settled().considered()).isEqualTo(2);
    assertThat(describe(settled())).isEqualTo(outcome);
    v2.take(2);
  }

  @Test
  void get_v2Refuses_copyIsDropped() throws Exception {
    start(mirroredTo(RecordingOrigin.refusingPort()));

    assertV1Serves(RawRequest.get("/"), 3);

    assertThat(settled().dropped(Reason.CONNECT)).isEqualTo(3);
  }

  @Test
  void post_v2Refuses_copyIsDropped() throws Exception {
    start(mirroredTo(RecordingOrigin.refusingPort()));

    assertV1Serves(RawRequest.post("/").body(bytes(3 << 20)), 2);

    assertThat(settled().dropped(Reason.CONNECT) + settled().dropped(Reason.LAG)).isEqualTo(2);
  }

  @Test
  void get_v2ResetsOnAccept_isOneOutcome() throws Exception {
    start(mirrored());
    v2.onAccept(Behaviour.RESET);

    assertV1Serves(RawRequest.get("/"), 1);

    assertThat(onlyOutcome()).isIn(BROKEN_EARLY);
  }

  @Test
  void post_v2ClosesOnAccept_isOneOutcome() throws Exception {
    start(mirrored());
    v2.onAccept(Behaviour.CLOSE);

    assertV1Serves(RawRequest.post("/").body(bytes(3 << 20)), 1);

    assertThat(onlyOutcome()).isIn(BROKEN_EARLY);
  }

  @Test
  void get_v2ReadsNothing_isOneOutcome() throws Exception {
    start(mirrored(), SHORT_LIMITS);
    v2.onAccept(Behaviour.NEVER_READ);

    assertV1Serves(RawRequest.get("/"), 1);

    assertThat(onlyOutcome()).isEqualTo("failed ANSWER_TIMEOUT");
  }

  @Test
  void post_v2ResetsInBody_uploadIsWholeAtV1() throws Exception {
    start(mirrored());
    v2.behave(Behaviour.resetInBody(10_000));

    assertV1ServesUpload(10 << 20, v2);

    assertThat(onlyOutcome()).isIn("failed RESET", "failed LAG");
  }

  @Test
  void post_v2ResetsAfterHead_isOneOutcome() throws Exception {
    start(mirrored());
    v2.behave(Behaviour.resetAfterHead());

    assertV1Serves(RawRequest.post("/").body(bytes(1000)), 2);

    v2.take(2);
    assertThat(describe(settled())).isEqualTo("failed RESET");
  }

  @Test
  void post_v2AnswersAtTheHead_uploadIsWholeAtV1() throws Exception {
    start(mirrored());
    v2.behave(Behaviour.answerAtHeadAndClose(Answer.of(413)));

    assertV1Serves(RawRequest.post("/").body(bytes(10 << 20)), 1);

    // At the speed of this upload the copy may lag too far before it has a connection.
    OutcomeCounts counts = settled();
    assertThat(counts.considered()).isEqualTo(1);
    assertThat(counts.completed(4) + counts.failed() + counts.dropped(Reason.LAG)).isEqualTo(1);
    v2.drain();
  }

  @Test
  void post_v2ReadsByteByByte_isServedByV1AtOnce() throws Exception {
    start(mirrored());
    v2.behave(Behaviour.answerPaced(1, Duration.ofNanos(100_000), Answer.of(200)));

    assertV1Serves(RawRequest.post("/").body(bytes(2000)), 1);

    assertThat(v2.take().body().hash()).isEqualTo(RecordedBody.hashOf(bytes(2000)));
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  private static Behaviour redirect() {
    return Behaviour.answer(Answer.of(302).header("Location", "/elsewhere"));
  }

  private static Behaviour unauthorized() {
    return Behaviour.answer(Answer.of(401).header("WWW-Authenticate", "Basic realm=\"v2\""));
  }

  private static Behaviour brokenGzip() {
    return Behaviour.answer(
        Answer.of(200)
            .header("Content-Encoding", "gzip")
            .header("Set-Cookie", "v2=1")
            .body("this is no gzip"));
  }
}
