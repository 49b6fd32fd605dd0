package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.OutcomeCounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Request bodies, whole and cut, on their way to both versions (SEMANTICS 3 and 4). */
abstract class BodyContract extends GatewayFixture {
  BodyContract(GatewayContract container) {
    super(container);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "DELETE"})
  void body_absent_staysAbsent(String method) throws Exception {
    start(mirrored());

    assertThat(exchange(RawRequest.of(method, "/")).text()).isEqualTo("v1");

    // RFC 9110, 8.6: a POST without content may say so by a length of 0.
    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.framing())
          .isIn(Framing.NONE, method.equals("POST") ? Framing.LENGTH : Framing.NONE);
      assertThat(request.body().length()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 16_384, 16_385, 100_000})
  void body_withLength_isTheSameOnBoth(int size) throws Exception {
    assertSameOnBoth(RawRequest.post("/").body(bytes(size)), bytes(size), Framing.LENGTH);
  }

  @ParameterizedTest
  @CsvSource({"GET, x-type", "PUT, x-type", "put, x-type", "GET, content-type"})
  void body_withLength0_isTheSameOnBothWhateverTheHead(String method, String name)
      throws Exception {
    byte[] none = new byte[0];
    assertSameOnBoth(
        RawRequest.of(method, "/").header(name, "text/plain").body(none), none, Framing.LENGTH);
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "5000, 7", "100000, 16384"})
  void body_inChunks_isTheSameOnBoth(int size, int chunk) throws Exception {
    assertSameOnBoth(
        RawRequest.post("/").chunked(bytes(size), chunk), bytes(size), Framing.CHUNKED);
  }

  @ParameterizedTest
  @CsvSource({
    "length, 5, 2, END",
    "length, 60000, 60000, HEAD",
    "chunks, 5, 2, END",
    "chunks, 5, 60000, END",
    "chunks, 60000, 2, HEAD",
    "chunks, 60000, 60000, HEAD"
  })
  void answers_toManyClientsAtOnce_allCome(String kind, int size, int answerSize, AnsweredAt at)
      throws Exception {
    if (at == AnsweredAt.HEAD) {
      needs(Capability.EARLY_ANSWERS);
    }
    // Once the gateway has ended: the load stops within requests, which it may hear of late.
    bed.afterwards(v1::drain);
    bed.afterwards(v2::drain);
    start(mirrored());
    Answer answer = Answer.of(200).body(bytes(answerSize)).chunked();
    v1.behave(at == AnsweredAt.HEAD ? Behaviour.answerAtHead(answer) : Behaviour.answer(answer));
    RawRequest post = RawRequest.post("/");
    RawRequest request =
        kind.equals("length") ? post.body(bytes(size)) : post.chunked(bytes(size), size);

    try (Load load = Load.on(gateway().port(), 4, request)) {
      load.awaitAnswers(800);
    }
  }

  private enum AnsweredAt {
    HEAD,
    END
  }

  @Test
  void body_ofAGet_isTheSameOnBoth() throws Exception {
    assertSameOnBoth(RawRequest.get("/search").body("{}"), "{}".getBytes(), Framing.LENGTH);
  }

  @Test
  void body_thatIsAForm_isTheSameOnBoth() throws Exception {
    byte[] form = "a=1&b=%20+&a=2".getBytes();
    assertSameOnBoth(
        RawRequest.post("/?a=0")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form),
        form,
        Framing.LENGTH);
  }

  @ParameterizedTest
  @ValueSource(strings = {"length", "chunks"})
  void body_of10MiB_isWholeAtBothWhenV2KeepsUp(String kind) throws Exception {
    start(mirrored(), "shadow.maxLagBytes", Integer.toString(16 << 20));
    byte[] body = bytes(10 << 20);
    RawRequest request = RawRequest.post("/");

    RawAnswer answer =
        exchange(kind.equals("length") ? request.body(body) : request.chunked(body, 64 * 1024));

    assertThat(answer.text()).isEqualTo("v1");
    String hash = RecordedBody.hashOf(body);
    assertThat(v1.take().body().hash()).isEqualTo(hash);
    assertThat(v2.take().body().hash()).isEqualTo(hash);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void body_thatComesSlowly_reachesBothAsItComes() throws Exception {
    start(mirrored());
    RawClient client = client();

    client.sendHead(RawRequest.post("/").header("Transfer-Encoding", "chunked"));
    client.chunk(bytes(10));
    TestBed.await("both see the head", () -> v1.connections() == 1 && v2.connections() == 1);
    for (int i = 0; i < 20; i++) {
      client.writePaced(Answer.chunk(bytes(100)), 10, Duration.ofMillis(1));
    }
    client.chunk(new byte[0]);

    assertThat(client.read().text()).isEqualTo("v1");
    RecordedRequest primary = v1.take();
    assertThat(primary.body().length()).isEqualTo(10 + 20 * 100);
    assertThat(v2.take().body().hash()).isEqualTo(primary.body().hash());
  }

  @Test
  void trailers_reachBoth() throws Exception {
    needs(Capability.REQUEST_TRAILERS);
    start(mirrored());

    exchange(RawRequest.post("/").header("Trailer", "X-Sum").chunked(bytes(100), 30, "X-Sum: abc"));

    assertThat(v1.take().trailers().all("x-sum")).containsExactly("abc");
    assertThat(v2.take().trailers().all("x-sum")).containsExactly("abc");
  }

  @Test
  void uploads_32AtOnce_areWholeAtV1AndWholeOrCutAtV2() throws Exception {
    start(mirrored());
    byte[] body = bytes(2 << 20);
    RawRequest request = RawRequest.post("/").body(body);
    ExecutorService clients = Executors.newFixedThreadPool(32);
    try {
      List<Future<RawAnswer>> answers = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        answers.add(clients.submit(() -> exchange(request)));
      }
      for (Future<RawAnswer> answer : answers) {
        assertThat(answer.get().text()).isEqualTo("v1");
      }
    } finally {
      clients.shutdownNow();
    }

    String hash = RecordedBody.hashOf(body);
    assertThat(v1.take(32)).allMatch(r -> r.whole() && r.body().hash().equals(hash));
    OutcomeCounts counts = settled();
    assertThat(counts.considered()).isEqualTo(32);
    List<RecordedRequest> copies = allAtV2();
    assertThat(copies).hasSizeLessThanOrEqualTo((int) (counts.completed() + counts.failed()));
    assertThat(copies.stream().filter(RecordedRequest::whole))
        .allMatch(r -> r.body().hash().equals(hash))
        .hasSizeGreaterThanOrEqualTo((int) counts.completed());
  }

  @ParameterizedTest
  @ValueSource(strings = {"length", "chunks"})
  void upload_thatTheClientCuts_isNeverWholeAtV2(String kind) throws Exception {
    start(mirrored());
    RawClient client = client();

    if (kind.equals("length")) {
      client.sendHead(RawRequest.post("/").header("Content-Length", "100000"));
      client.write(bytes(50_000));
    } else {
      client.sendHead(RawRequest.post("/").header("Transfer-Encoding", "chunked"));
      client.chunk(bytes(50_000));
    }
    TestBed.await("both are under way", () -> v1.connections() == 1 && v2.connections() == 1);
    client.reset();

    assertThat(v1.take().whole()).isFalse();
    assertCopyCut();
  }

  @Test
  void client_goneAfterItsRequest_leavesTheCopyRunning() throws Exception {
    start(mirrored());
    CountDownLatch gate = new CountDownLatch(1);
    v1.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    RawClient client = client();

    client.send(RawRequest.post("/").body("whole"));
    v1.take();
    assertThat(v2.take().body().text()).isEqualTo("whole");
    client.reset();
    gate.countDown();

    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void answer_beforeTheRequestIsWhole_reachesTheClient() throws Exception {
    needs(Capability.ABANDONED_READ);
    start(mirrored());
    v1.behave(Behaviour.answerAtHeadAndClose(Answer.of(413).body("too much")));
    RawClient client = client();

    client.sendHead(RawRequest.post("/").header("Content-Length", "1000000"));
    client.write(bytes(1000));
    RawAnswer answer = client.read();

    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.text()).isEqualTo("too much");
    v1.take();
    client.reset();
    assertCopyCut();
  }

  @Test
  void answer_atHeadOfAnUploadThatGoesOn_leavesTheConnectionInOrder() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answerAtHead(Answer.of(200).body("early")));
    RawClient client = client();

    RawAnswer answer = client.send(RawRequest.post("/").body(bytes(1000))).read();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("early");
    v1.take();
    // Whether the body had come by then is a matter of time.
    assertThat(onlyOutcome()).isIn("completed 2", "failed CUT", "dropped CUT");
    takeCopyIfSent();
  }

  private void assertSameOnBoth(RawRequest request, byte[] body, Framing framing) throws Exception {
    start(mirrored());

    assertThat(exchange(request).text()).isEqualTo("v1");

    for (RecordedRequest received : List.of(v1.take(), v2.take())) {
      assertThat(received.whole()).isTrue();
      assertThat(received.framing()).isEqualTo(framing);
      assertThat(received.head())
          .filteredOn(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
          .hasSizeLessThan(2);
      assertThat(received.body().length()).isEqualTo(body.length);
      assertThat(received.body().hash()).isEqualTo(RecordedBody.hashOf(body));
    }
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }
}
