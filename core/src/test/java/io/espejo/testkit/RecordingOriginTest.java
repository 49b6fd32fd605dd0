package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RecordingOriginTest {
  @RegisterExtension final TestBed bed = new TestBed();

  private RecordingOrigin origin;
  private RawClient client;

  @BeforeEach
  void connect() throws IOException {
    origin = bed.origin("v1");
    client = RawClient.to(origin.port());
    bed.afterwards(client::close);
  }

  @Test
  void request_withRepeatedHeaders_isRecordedByteForByte() throws IOException {
    client.exchange(
        RawRequest.of("pAtch", "/a//b;x?q=%zz&q")
            .host("Example.com:80")
            .header("x-Mixed", "1")
            .header("X-mixed", " 2 "));

    RecordedRequest request = origin.take();
    assertThat(request.head())
        .containsExactly(
            "pAtch /a//b;x?q=%zz&q HTTP/1.1", "Host: Example.com:80", "x-Mixed: 1", "X-mixed:  2 ");
    assertThat(request.headers().all("X-MIXED")).containsExactly("1", "2");
    assertThat(request.method()).isEqualTo("pAtch");
    assertThat(request.target()).isEqualTo("/a//b;x?q=%zz&q");
    assertThat(request.framing()).isEqualTo(Framing.NONE);
    assertThat(request.whole()).isTrue();
  }

  @Test
  void requests_onOneConnection_areCounted() throws IOException {
    client.exchange(RawRequest.get("/1"));
    client.exchange(RawRequest.get("/2"));
    RawClient.once(origin.port(), RawRequest.get("/3"));

    assertThat(origin.take(3))
        .extracting(r -> r.target() + " " + r.connection() + "." + r.ordinal())
        .containsExactly("/1 1.1", "/2 1.2", "/3 2.1");
  }

  @Test
  void body_withLength_isHashed() throws IOException {
    byte[] bytes = new byte[3_000_000];
    new Random(1).nextBytes(bytes);

    client.exchange(RawRequest.post("/").body(bytes));

    RecordedRequest request = origin.take();
    assertThat(request.framing()).isEqualTo(Framing.LENGTH);
    assertThat(request.body().length()).isEqualTo(bytes.length);
    assertThat(request.body().hash()).isEqualTo(RecordedBody.hashOf(bytes));
    assertThatThrownBy(() -> request.body().bytes()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void body_inChunks_isRecordedWithTrailers() throws IOException {
    client.exchange(RawRequest.post("/").chunked("hello world".getBytes(), 4, "X-Sum: 7"));

    RecordedRequest request = origin.take();
    assertThat(request.framing()).isEqualTo(Framing.CHUNKED);
    assertThat(request.body().text()).isEqualTo("hello world");
    assertThat(request.trailers().all("x-sum")).containsExactly("7");
  }

  @Test
  void body_ofLengthZero_isNotNone() throws IOException {
    client.exchange(RawRequest.post("/").body(""));

    assertThat(origin.take().framing()).isEqualTo(Framing.LENGTH);
  }

  @Test
  void request_cutInBody_isNotWhole() throws IOException {
    client.sendHead(RawRequest.post("/").header("Content-Length", "10")).write("half!");
    client.finish();

    RecordedRequest request = origin.take();
    assertThat(request.end()).isEqualTo(RecordedRequest.End.CUT);
    assertThat(request.body().text()).isEqualTo("half!");
  }

  @Test
  void request_resetInChunks_isNotWhole() throws IOException {
    client.sendHead(RawRequest.post("/").header("Transfer-Encoding", "chunked"));
    client.chunk("a".getBytes());
    client.reset();

    assertThat(origin.take().end()).isIn(RecordedRequest.End.RESET, RecordedRequest.End.CUT);
  }

  @Test
  void request_cutInHead_isRecorded() throws IOException {
    client.write("GET / HTTP/1.1\r\nHost: a");
    client.finish();

    RecordedRequest request = origin.take();
    assertThat(request.requestLine()).isEqualTo("GET / HTTP/1.1");
    assertThat(request.end()).isEqualTo(RecordedRequest.End.CUT);
  }

  @Test
  void answer_ofEachFraming_comesWhole() throws IOException {
    byte[] bytes = new byte[40_000];
    new Random(2).nextBytes(bytes);
    Answer answer = Answer.of(200).header("Set-Cookie", "a=1").header("Set-Cookie", "b=2");

    for (Answer framed :
        new Answer[] {
          answer.body(bytes), answer.body(bytes).chunked(), answer.body(bytes).untilClose()
        }) {
      origin.behave(Behaviour.answer(framed));
      RawAnswer received = client.exchange(RawRequest.get("/"));
      assertThat(received.whole()).isTrue();
      assertThat(received.framing()).isEqualTo(framed.framing());
      assertThat(received.body().hash()).isEqualTo(RecordedBody.hashOf(bytes));
      assertThat(received.headers().all("Set-Cookie")).containsExactly("a=1", "b=2");
      origin.take();
    }
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void answer_toHead_hasNoBody() throws IOException {
    origin.behave(Behaviour.answer(Answer.of(200).body("four")));

    assertThat(client.exchange(RawRequest.of("HEAD", "/")).header("Content-Length")).isEqualTo("4");
    origin.behave(Behaviour.answer(Answer.of(204).unframed()));
    assertThat(client.exchange(RawRequest.get("/")).status()).isEqualTo(204);
    origin.take(2);
  }

  @Test
  void answer_cutByClose_isNotWhole() throws IOException {
    origin.behave(Behaviour.closeInAnswer(Answer.of(200).body("0123456789"), 5));

    RawAnswer answer = client.exchange(RawRequest.get("/"));

    assertThat(answer.whole()).isFalse();
    assertThat(answer.text()).isEqualTo("01234");
    origin.take();
  }

  @Test
  void answer_afterInterimOnes_isTheFinalOne() throws IOException {
    origin.behave(Behaviour.interim(102, 100, Answer.of(201)));

    assertThat(client.exchange(RawRequest.get("/")).status()).isEqualTo(201);
    origin.take();
  }

  @Test
  void answer_heldByGate_comesOnceOpen() throws IOException {
    CountDownLatch gate = new CountDownLatch(1);
    origin.behave(Behaviour.answerOnceOpen(gate, Answer.of(202)));

    client.send(RawRequest.get("/"));
    origin.take();
    gate.countDown();

    assertThat(client.read().status()).isEqualTo(202);
  }

  @Test
  void answer_atHead_comesBeforeTheBody() throws IOException {
    origin.behave(Behaviour.answerAtHead(Answer.of(413)));

    client.sendHead(RawRequest.post("/").header("Content-Length", "4"));

    assertThat(client.read().status()).isEqualTo(413);
    client.write("late");
    assertThat(origin.take().body().text()).isEqualTo("late");
  }

  @Test
  void hangAfterHead_isRecordedAsUnread() throws IOException {
    origin.behave(Behaviour.hangAfterHead());

    client.send(RawRequest.post("/").body("never read"));

    assertThat(origin.take().end()).isEqualTo(RecordedRequest.End.UNREAD);
  }

  @Test
  void neverRead_onAccept_recordsNothing() throws IOException {
    origin.onAccept(Behaviour.NEVER_READ);
    RawClient second = RawClient.to(origin.port());
    bed.afterwards(second::close);

    second.send(RawRequest.get("/"));

    TestBed.await("second connection", () -> origin.connections() == 2);
    assertThat(origin.waiting()).isZero();
  }

  @Test
  void reset_atEachStage_endsTheConnection() throws IOException {
    RecordingOrigin misbehaving = bed.origin("v2");
    for (Behaviour behaviour :
        new Behaviour[] {
          Behaviour.resetAfterHead(),
          Behaviour.resetInBody(2),
          Behaviour.resetInsteadOfAnswer(),
          Behaviour.closeInsteadOfAnswer()
        }) {
      misbehaving.behave(behaviour);
      RawAnswer answer = RawClient.once(misbehaving.port(), RawRequest.post("/").body("body"));
      assertThat(answer.whole()).isFalse();
      assertThat(answer.status()).isZero();
      misbehaving.take();
    }
    misbehaving.onAccept(Behaviour.RESET);
    try (RawClient late = RawClient.to(misbehaving.port())) {
      assertThat(late.closedByPeer()).isTrue();
    } catch (SocketException reset) {
      // It came while the client was still connecting.
      assertThat(misbehaving.connections()).isEqualTo(5);
    }
  }

  @Test
  void pacedReading_takesTheWholeBody() throws IOException {
    origin.behave(Behaviour.answerPaced(1, Duration.ofMillis(1), Answer.of(200)));

    client.exchange(RawRequest.post("/").body("slowly"));

    assertThat(origin.take().body().text()).isEqualTo("slowly");
  }

  @Test
  void endlessBody_endsWithTheClient() throws IOException {
    origin.behave(Behaviour.endlessBody());

    client.send(RawRequest.get("/"));
    assertThat(client.readHead()).contains("Transfer-Encoding: chunked");
    client.reset();

    origin.take();
  }

  @Test
  void refusingPort_isRefused() throws IOException {
    int port = RecordingOrigin.refusingPort();

    assertThatThrownBy(() -> RawClient.to(port)).isInstanceOf(ConnectException.class);
  }

  @Test
  void leftover_isNamed() throws IOException {
    client.exchange(RawRequest.get("/forgotten"));

    assertThatThrownBy(origin::assertNothingLeft)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("/forgotten");
  }
}
