package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the client and v2 see when v1 fails (SEMANTICS 2 and 4). */
abstract class FailingPrimaryContract extends GatewayFixture {
  private static final RawRequest HTTP_10 =
      new RawRequest("GET", List.of("GET / HTTP/1.0", "Host: httpbin"), new byte[0]);

  FailingPrimaryContract(GatewayContract container) {
    super(container);
  }

  @Test
  void get_v1Refuses_isAnswered503AndMirrored() throws Exception {
    start(mirroredFromRefusingV1());

    assertAnswered(503, client(), RawRequest.get("/"));

    assertThat(v2.take().whole()).isTrue();
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void post_v1Refuses_isAnswered503AndMirrored() throws Exception {
    start(mirroredFromRefusingV1());

    assertAnswered(503, client(), RawRequest.post("/").body("small and whole"));

    assertThat(v2.take().body().text()).isEqualTo("small and whole");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void get_v1ResetsOnAccept_isAnswered503() throws Exception {
    start(mirrored());
    v1.onAccept(Behaviour.RESET);

    assertAnswered(503, client(), RawRequest.get("/"));

    v2.take();
  }

  @Test
  void get_v1ClosesInsteadOfAnswer_isAnswered503() throws Exception {
    assertFailsWith(503, Behaviour.closeInsteadOfAnswer());
  }

  @Test
  void get_v1ResetsInsteadOfAnswer_isAnswered503() throws Exception {
    assertFailsWith(503, Behaviour.resetInsteadOfAnswer());
  }

  @Test
  void get_v1ClosesInTheHead_isAnswered503() throws Exception {
    assertFailsWith(503, Behaviour.say("HTTP/1.1 200 OK\r\nContent-Le"));
  }

  @Test
  void get_v1SaysGarbage_isAnswered502() throws Exception {
    assertFailsWith(502, Behaviour.say("this is no HTTP at all\r\n\r\n"));
  }

  @Test
  void get_v1SaysMalformedHeader_isAnswered502() throws Exception {
    assertFailsWith(502, Behaviour.say("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"));
  }

  @Test
  void get_v1DiesInAnswerWithLength_isSeenAsCut() throws Exception {
    for (Behaviour dies :
        List.of(
            Behaviour.closeInAnswer(Answer.of(200).body(bytes(200_000)), 100_000),
            Behaviour.resetInAnswer(Answer.of(200).body(bytes(200_000)), 100_000))) {
      assertSeenAsCut(dies);
    }
  }

  @Test
  void get_v1DiesInChunkedAnswer_isSeenAsCut() throws Exception {
    needs(Capability.CHUNKED_TRUNCATION);
    for (Behaviour dies :
        List.of(
            Behaviour.closeInAnswer(Answer.of(200).body(bytes(200_000)).chunked(), 100_000),
            Behaviour.resetInAnswer(Answer.of(200).body(bytes(200_000)).chunked(), 100_000))) {
      assertSeenAsCut(dies);
    }
  }

  @Test
  void get_v1DiesAfterSmallChunks_isSeenAsCut() throws Exception {
    needs(Capability.CHUNKED_TRUNCATION);
    start(mirrored());
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n");
          connection.close();
        });

    assertThat(get("/").whole()).isFalse();

    v1.take();
    v2.take();
  }

  @Test
  void get_v1ResetsInAnswerUntilClose_isSeenAsCut() throws Exception {
    needs(Capability.CHUNKED_TRUNCATION);
    assertSeenAsCut(
        Behaviour.resetInAnswer(Answer.of(200).body(bytes(200_000)).untilClose(), 100_000));
  }

  @Test
  void http10_v1DiesInAnswerWithLength_isSeenAsCut() throws Exception {
    Answer answer = Answer.of(200).body(bytes(200_000));
    assertSeenAsCut(Behaviour.closeInAnswer(answer, 100_000), HTTP_10);
  }

  @Test
  void post_v1ResetsInTheUpload_isAnswered503AndTheCopyIsNotWhole() throws Exception {
    needs(Capability.ABANDONED_READ);
    start(mirrored());
    v1.behave(Behaviour.resetInBody(1000));
    RawClient client = client();

    client.sendHead(RawRequest.post("/").header("Content-Length", "100000"));
    client.write(bytes(2000));

    assertThat(client.read().status()).isEqualTo(503);
    v1.take();
    client.reset();
    assertCopyCut();
  }

  @Test
  void get_onPooledConnectionThatDied_isReplacedUnseen() throws Exception {
    start(mirrored());
    RawClient client = client();
    client.exchange(RawRequest.get("/first"));
    assertThat(v1.take().connection()).isEqualTo(1);
    v1.behave(
        connection -> {
          connection.head();
          if (connection.reused()) {
            connection.leave();
            connection.reset();
          } else {
            connection.readBody();
            connection.send(Answer.of(200).body("fresh"));
          }
        });

    RawAnswer answer = client.exchange(RawRequest.get("/second"));

    assertThat(answer.text()).isEqualTo("fresh");
    assertThat(v1.take(2)).extracting(RecordedRequest::target).containsOnly("/second");
    v2.take(2);
    assertThat(settled().considered()).isEqualTo(2);
  }

  @Test
  void post_onPooledConnectionThatDied_isNotSentTwice() throws Exception {
    start(mirrored());
    RawClient client = client();
    client.exchange(RawRequest.get("/first"));
    v1.take();
    v1.behave(Behaviour.resetInsteadOfAnswer());

    assertThat(client.exchange(RawRequest.post("/second").body("once")).status()).isEqualTo(503);

    assertThat(v1.take().target()).isEqualTo("/second");
    v2.take(2);
  }

  private void assertFailsWith(int status, Behaviour behaviour) throws Exception {
    start(mirrored());
    v1.behave(behaviour);

    RawClient client = client();
    assertAnswered(status, client, RawRequest.get("/"));

    v1.take();
    assertThat(v2.take().whole()).isTrue();
    assertThat(onlyOutcome()).isEqualTo("completed 2");
    v1.behave(Behaviour.answer(Answer.of(200).body("recovered")));
    RawClient next = keepsAliveAfter(status) ? client : client();
    assertThat(next.exchange(RawRequest.get("/")).text()).isEqualTo("recovered");
    v1.take();
    v2.take();
  }

  private static void assertAnswered(int status, RawClient client, RawRequest request)
      throws IOException {
    RawAnswer answer = client.exchange(request);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.whole()).isTrue();
    assertThat(answer.text()).hasSizeLessThan(200).doesNotContain("Exception", "<html", "at io.");
  }

  private void assertSeenAsCut(Behaviour behaviour) throws Exception {
    assertSeenAsCut(behaviour, RawRequest.get("/"));
  }

  private void assertSeenAsCut(Behaviour behaviour, RawRequest request) throws Exception {
    if (!started()) {
      start(mirrored());
    }
    v1.behave(behaviour);
    RawAnswer answer = exchange(request);
    assertThat(answer.whole()).as("the answer is whole").isFalse();
    v1.take();
    v2.take();
  }

  private RulesYaml mirroredFromRefusingV1() throws IOException {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", RecordingOrigin.refusingPort(), "v2", v2.port()))
        .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2"));
  }
}
