package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.EspejoMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP as it is at both ends, in its less used parts (SEMANTICS 3 and 4). */
abstract class FidelityContract extends GatewayFixture {
  /** Every byte that is not ASCII. */
  private static final String OBS_TEXT =
      IntStream.rangeClosed(0x80, 0xff)
          .mapToObj(Character::toString)
          .collect(Collectors.joining("", "a", "z"));

  private static final int HEADER_BYTES = 64 * 1024;

  FidelityContract(GatewayContract container) {
    super(container);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 100_000})
  void trailers_ofV1_reachTheClient(int size) throws Exception {
    needs(Capability.ANSWER_TRAILERS);
    start(mirrored());
    byte[] body = bytes(size);
    v1.behave(
        Behaviour.answer(
            Answer.of(200)
                .header("Trailer", "X-Sum, X-Many")
                .body(body)
                .trailers("X-Sum: abc", "X-Many: 1", "X-Many: 2")));
    RawClient client = client();

    for (int i = 0; i < 2; i++) {
      RawAnswer answer = client.exchange(RawRequest.get("/").header("TE", "trailers"));

      assertThat(answer.header("Trailer")).isEqualTo("X-Sum, X-Many");
      assertThat(answer.framing()).isEqualTo(Framing.CHUNKED);
      assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(body));
      assertThat(answer.trailers().all("X-Sum")).containsExactly("abc");
      assertThat(answer.trailers().all("X-Many")).containsExactly("1, 2");
      takeBoth();
    }
  }

  @Test
  void te_ofTheClient_reachesBothIfItAsksForTrailers() throws Exception {
    start(mirrored());

    exchange(RawRequest.get("/").header("Connection", "TE").header("TE", "gzip, trailers"));
    exchange(RawRequest.get("/").header("Connection", "TE").header("TE", "gzip"));

    for (RecordingOrigin origin : List.of(v1, v2)) {
      assertThat(origin.take(2).stream().flatMap(r -> r.headers().all("TE").stream()))
          .containsExactly("trailers");
    }
  }

  @Test
  void trailers_ofV1ForHttp10_areLeftOut() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).body("whole").trailers("X-Sum: abc")));

    RawAnswer answer = exchange(RawRequest.get("/").http10());

    assertThat(answer.text()).isEqualTo("whole");
    assertThat(answer.whole()).isTrue();
    takeBoth();
  }

  @Test
  void head_ofAChunkedAnswer_claimsNoLength() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).header("ETag", "\"e\"").body("b").chunked()));
    RawClient client = client();

    RawAnswer answer = client.exchange(RawRequest.of("HEAD", "/"));

    assertThat(answer.header("ETag")).isEqualTo("\"e\"");
    assertThat(answer.headers().contains("Content-Length")).isFalse();
    assertUsable(client);
  }

  @Test
  void status304_withTheLengthOfWhatIsKept_hasNoBody() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(304).header("ETag", "\"e\"").body(bytes(1000))));
    RawClient client = client();

    RawAnswer answer = client.exchange(RawRequest.get("/"));

    assertThat(answer.status()).isEqualTo(304);
    assertThat(answer.header("ETag")).isEqualTo("\"e\"");
    if (has(Capability.LENGTH_OF_304)) {
      // Containers may leave it out, as RFC 9110, section 8.6 lets them.
      assertThat(answer.headers().all("Content-Length")).isSubsetOf("1000");
    }
    assertUsable(client);
  }

  @Test
  void earlyHints_ofV1_reachTheClientBeforeTheAnswer() throws Exception {
    needs(Capability.EARLY_HINTS);
    start(mirrored());
    CountDownLatch seen = new CountDownLatch(1);
    String link = "</style.css>; rel=preload";
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send("HTTP/1.1 103 Early Hints\r\nLink: " + link + "\r\n\r\n");
          connection.await(seen);
          connection.send(Answer.of(200).header("ETag", "\"e\"").body("final"));
        });
    RawClient client = client();

    client.send(RawRequest.get("/"));
    List<String> hints = client.readHead();
    seen.countDown();
    RawAnswer answer = client.read();

    assertThat(hints.get(0)).startsWith("HTTP/1.1 103");
    assertThat(hints).anyMatch(line -> line.equalsIgnoreCase("Link: " + link));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("final");
    assertThat(answer.header("ETag")).isEqualTo("\"e\"");
    assertThat(answer.headers().contains("Link")).isFalse();
    assertUsable(client);
  }

  @Test
  void earlyHints_rightBeforeTheAnswer_harmNothing() throws Exception {
    start(mirrored());
    byte[] content = bytes(200_000);
    String hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(hint.repeat(3));
          connection.send(Answer.of(200).body(content).chunked());
        });
    RawClient client = client();

    for (int i = 0; i < 20; i++) {
      RawAnswer answer = client.exchange(RawRequest.get("/"));

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(content));
      assertThat(answer.headers().contains("Link")).isFalse();
      takeBoth();
    }
  }

  /** Each may take a thread of the container's, of which there are more than those that may. */
  @Test
  void earlyHints_withoutEnd_toClientsThatReadNothing_holdNothingUp() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.endlessHints());
    List<RawClient> silent = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      RawClient client = client();
      client.send(RawRequest.get("/"));
      silent.add(client);
    }
    v1.take(20);
    v2.take(20);
    v1.behave(Behaviour.interim(103, 1, Answer.of(200).body("final")));

    assertThat(get("/").text()).isEqualTo("final");

    takeBoth();
    for (RawClient client : silent) {
      assertThat(client.read().status()).isEqualTo(502);
    }
    settled();
  }

  @Test
  void earlyHints_toAnHttp10Client_areNotSent() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.interim(103, 1, Answer.of(200).body("final")));

    RawClient client = client();
    client.write("GET / HTTP/1.0\r\nHost: httpbin:8000\r\n\r\n");

    assertThat(client.readHead().get(0)).contains(" 200 ");
    takeBoth();
  }

  @Test
  void interimAnswers_withoutEnd_areAnswered502() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.endlessInterim());

    assertThat(get("/").status()).isEqualTo(502);

    takeBoth();
  }

  @Test
  void cookies_fiftyOfV1_reachTheClientAsLinesInOrder() throws Exception {
    start(mirrored());
    Answer answer = Answer.of(200);
    List<String> cookies = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      cookies.add("c" + i + "=v" + i + "; Path=/; SameSite=Lax");
      answer = answer.header("Set-Cookie", cookies.get(i));
    }
    v1.behave(Behaviour.answer(answer));

    assertThat(get("/").headers().all("Set-Cookie")).isEqualTo(cookies);

    takeBoth();
  }

  @Test
  void obsText_inHeaders_isTheSameByteForByteBothWays() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).header("X-Text", OBS_TEXT)));

    RawAnswer answer = exchange(RawRequest.get("/").header("X-Text", OBS_TEXT));

    assertThat(answer.header("X-Text")).isEqualTo(OBS_TEXT);
    assertThat(v1.take().header("X-Text")).isEqualTo(OBS_TEXT);
    assertThat(v2.take().header("X-Text")).isEqualTo(OBS_TEXT);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64})
  void headers_of64KiB_reachBothAndTheClient(int lines) throws Exception {
    if (lines == 1) {
      needs(Capability.LONG_LINES);
    }
    start(mirrored());
    String value = "v".repeat(HEADER_BYTES / lines);
    Answer answer = Answer.of(200);
    RawRequest request = RawRequest.get("/");
    for (int i = 0; i < lines; i++) {
      answer = answer.header("X-Large-" + i, value);
      request = request.header("X-Large-" + i, value);
    }
    v1.behave(Behaviour.answer(answer));

    RawAnswer received = exchange(request);

    assertThat(received.status()).isEqualTo(200);
    RecordedRequest primary = v1.take();
    RecordedRequest copy = v2.take();
    for (int i = 0; i < lines; i++) {
      assertThat(received.header("X-Large-" + i)).isEqualTo(value);
      assertThat(primary.header("X-Large-" + i)).isEqualTo(value);
      assertThat(copy.header("X-Large-" + i)).isEqualTo(value);
    }
  }

  @Test
  void acceptEncoding_goesAsTheClientSentIt() throws Exception {
    start(mirrored());

    exchange(RawRequest.get("/").header("Accept-Encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1"));
    get("/");

    for (RecordingOrigin origin : List.of(v1, v2)) {
      assertThat(origin.take(2).stream().flatMap(r -> r.headers().all("Accept-Encoding").stream()))
          .containsExactly("br;q=1.0, gzip;q=0.8, *;q=0.1");
    }
  }

  @Test
  void http10_withoutKeepAlive_isAnsweredAndClosed() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).body(bytes(100_000)).chunked()));
    RawClient client = client();

    RawAnswer answer = client.exchange(RawRequest.get("/").http10());

    assertThat(answer.framing()).isEqualTo(Framing.UNTIL_CLOSE);
    assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(bytes(100_000)));
    assertThat(client.closedByPeer()).isTrue();
    takeBoth();
  }

  @Test
  void http10_withKeepAlive_keepsItsConnectionWhereTheLengthIsKnown() throws Exception {
    start(mirrored());
    RawClient client = client();

    for (int i = 0; i < 3; i++) {
      RawAnswer answer =
          client.exchange(
              RawRequest.post("/").http10().header("Connection", "keep-alive").body("b" + i));

      assertThat(answer.text()).isEqualTo("v1");
      assertThat(answer.framing()).isEqualTo(Framing.LENGTH);
      assertThat(v1.take().body().text()).isEqualTo("b" + i);
      assertThat(v2.take().body().text()).isEqualTo("b" + i);
    }
  }

  @Test
  void requests_pipelined_areAnsweredInTheirOrder() throws Exception {
    start(mirrored());
    v1.behave(
        connection -> {
          connection.readBody();
          Answer echo = Answer.of(200).body(connection.path());
          connection.send(connection.path().endsWith("1") ? echo.chunked() : echo);
        });
    RawClient client = client();
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      all.append("POST /" + i + " HTTP/1.1\r\nHost: httpbin\r\n");
      all.append(
          i % 2 == 0
              ? "Content-Length: 2\r\n\r\nb" + i
              : "Transfer-Encoding: chunked\r\n\r\n2\r\nb" + i + "\r\n0\r\n\r\n");
    }

    client.write(all.toString());

    for (int i = 0; i < 6; i++) {
      assertThat(client.read().text()).isEqualTo("/" + i);
    }
    for (RecordingOrigin origin : List.of(v1, v2)) {
      assertThat(origin.take(6))
          .extracting(r -> r.body().text())
          .containsExactlyInAnyOrder("b0", "b1", "b2", "b3", "b4", "b5");
    }
  }

  @Test
  void answer_withoutEnd_waitsForAClientThatReadsNothing() throws Exception {
    start(mirrored());
    AtomicLong sent = new AtomicLong();
    byte[] piece = Answer.chunk(bytes(16 * 1024));
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          while (true) {
            connection.send(piece);
            sent.addAndGet(piece.length);
          }
        });
    RawClient client = RawClient.to(gateway().port(), 32 * 1024);
    bed.afterwards(client::close);

    client.send(RawRequest.get("/"));

    awaitStill(sent);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
    // What the system's buffers take, on both ways.
    assertThat(sent.get()).isBetween(1L, 64L << 20);
    client.readHead();
    long before = sent.get();
    TestBed.await(
        "v1 goes on once the client reads",
        () -> {
          readSome(client);
          return sent.get() > before;
        });
    client.reset();
    takeBoth();
  }

  /** They are more than the threads that carry v1's answers. */
  @Test
  void answers_withoutEnd_toClientsThatReadNothing_holdNothingUp() throws Exception {
    start(mirrored());
    AtomicLong sent = new AtomicLong();
    byte[] piece = Answer.chunk(bytes(1000));
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          while (true) {
            connection.send(piece);
            sent.addAndGet(piece.length);
          }
        });
    List<RawClient> silent = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      RawClient client = RawClient.to(gateway().port(), 32 * 1024);
      bed.afterwards(client::close);
      silent.add(client.send(RawRequest.get("/")));
    }
    v1.take(20);
    v2.take(20);
    awaitStill(sent);
    v1.behave(Behaviour.answer(Answer.of(200).body("final")));

    assertThat(get("/").text()).isEqualTo("final");

    takeBoth();
    for (RawClient client : silent) {
      client.reset();
    }
    TestBed.await("v1 has no more of them", () -> v1.openConnections() <= 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void client_thatLeavesWithBodyAndAnswerUnderWay_endsBoth(boolean chunked) throws Exception {
    needs(Capability.ABANDONED_READ);
    start(mirrored());
    AtomicLong sent = new AtomicLong();
    byte[] piece = Answer.chunk(bytes(16 * 1024));
    v1.behave(
        connection -> {
          connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          while (true) {
            connection.send(piece);
            sent.addAndGet(piece.length);
          }
        });
    for (int i = 0; i < 3; i++) {
      RawClient client = RawClient.to(gateway().port(), 32 * 1024);
      bed.afterwards(client::close);
      RawRequest post = RawRequest.post("/");
      client.sendHead(
          chunked
              ? post.header("Transfer-Encoding", "chunked")
              : post.header("Content-Length", "1000"));
      client.write(chunked ? "3\r\nabc\r\n" : "abc");
      awaitStill(sent);
      client.reset();
    }

    EspejoMXBean counters = counters();
    TestBed.await("no request with v1", () -> counters.getActiveRequests() == 0);
    TestBed.await("v1 has no connection", () -> v1.openConnections() == 0);
    v1.drain();
    allAtV2();
  }

  private static void readSome(RawClient client) {
    try {
      client.readText(64 * 1024);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void assertUsable(RawClient client) throws Exception {
    takeBoth();
    v1.behave(Behaviour.answer(Answer.of(200).body("again")));
    assertThat(client.exchange(RawRequest.get("/again")).text()).isEqualTo("again");
    takeBoth();
  }

  private void takeBoth() {
    v1.take();
    v2.take();
  }
}
