package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client sees of v1's answer (SEMANTICS 4). */
abstract class AnswerContract extends GatewayFixture {
  AnswerContract(GatewayContract container) {
    super(container);
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 301, 400, 401, 404, 418, 500, 503, 599})
  void status_ofV1_reachesTheClient(int status) throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(status).header("Location", "/x").body("why")));
    RawClient client = client();

    RawAnswer answer = client.exchange(RawRequest.get("/"));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.text()).isEqualTo("why");
    assertThat(answer.header("Location")).isEqualTo("/x");
    if (keepsAliveAfter(status)) {
      assertUsable(client);
    } else {
      takeBoth();
    }
  }

  @Test
  void headers_ofV1_reachTheClientAsTheyAre() throws Exception {
    start(mirrored());
    v1.behave(
        Behaviour.answer(
            Answer.of(200)
                .header("Set-Cookie", "a=1; Path=/")
                .header("Server", "v1/1.0")
                .header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
                .header("Set-Cookie", "b=2; Expires=Sun, 06 Nov 1994 08:49:37 GMT")
                .header("Content-Encoding", "gzip")
                .header("X-Empty", "")
                .header("Set-Cookie", "c=3")
                .body("not really gzip")));

    RawAnswer answer = get("/");

    assertThat(answer.headers().all("Set-Cookie"))
        .containsExactly("a=1; Path=/", "b=2; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "c=3");
    assertThat(answer.headers().all("Server")).containsExactly("v1/1.0");
    assertThat(answer.headers().all("Date")).containsExactly("Sun, 06 Nov 1994 08:49:37 GMT");
    assertThat(answer.headers().all("Content-Encoding")).containsExactly("gzip");
    assertThat(answer.text()).isEqualTo("not really gzip");
    takeBoth();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "text/html",
        "application/json",
        "text/plain;charset=UTF-8",
        "text/x-own; charset=\"utf-8\"",
        "image/png"
      })
  void contentType_ofV1_reachesTheClientOnce(String contentType) throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).header("Content-Type", contentType)));

    // Containers write media types in their own way: case, white space and quotes.
    assertThat(get("/").headers().all("Content-Type"))
        .extracting(AnswerContract::plain)
        .containsExactly(plain(contentType));

    takeBoth();
  }

  private static String plain(String mediaType) {
    return mediaType.toLowerCase(Locale.ROOT).replaceAll("[ \"]", "");
  }

  @Test
  void answer_withoutContentType_gainsNone() throws Exception {
    needs(Capability.NO_CONTENT_TYPE);
    start(mirrored());

    assertThat(get("/").headers().contains("Content-Type")).isFalse();

    takeBoth();
  }

  @Test
  void headers_ofV1sHop_areDropped() throws Exception {
    start(mirrored());
    v1.behave(
        Behaviour.answer(
            Answer.of(200)
                .header("Connection", "X-Hop")
                .header("X-Hop", "1")
                .header("Keep-Alive", "timeout=77")
                .header("X-End", "2")));

    RawAnswer answer = get("/");

    assertThat(answer.headers().contains("X-Hop")).isFalse();
    assertThat(answer.headers().all("Keep-Alive")).doesNotContain("timeout=77");
    assertThat(answer.header("X-End")).isEqualTo("2");
    takeBoth();
  }

  @Test
  void answer_thatClosesV1sConnection_keepsTheClients() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).header("Connection", "close").body("once")));
    RawClient client = client();

    assertThat(client.exchange(RawRequest.get("/")).text()).isEqualTo("once");

    assertUsable(client);
  }

  @Test
  void head_hasTheHeadersAndNoBody() throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).body(bytes(100_000))));
    RawClient client = client();

    RawAnswer answer = client.exchange(RawRequest.of("HEAD", "/"));

    assertThat(answer.header("Content-Length")).isEqualTo("100000");
    assertUsable(client);
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 304})
  void status_withoutBody_hasNone(int status) throws Exception {
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(status).header("ETag", "\"e\"").unframed()));
    RawClient client = client();

    RawAnswer answer = client.exchange(RawRequest.get("/"));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.header("ETag")).isEqualTo("\"e\"");
    assertUsable(client);
  }

  @ParameterizedTest
  @CsvSource({
    "0, LENGTH",
    "0, CHUNKED",
    "1, LENGTH",
    "1, CHUNKED",
    "32767, LENGTH",
    "32768, LENGTH",
    "32769, LENGTH",
    "32769, CHUNKED",
    "1000000, LENGTH",
    "1000000, CHUNKED"
  })
  void body_ofEachSize_isWholeAndFramedAsV1Did(int size, Framing framing) throws Exception {
    start(mirrored());
    byte[] body = bytes(size);
    Answer sized = Answer.of(200).body(body);
    v1.behave(Behaviour.answer(framing == Framing.CHUNKED ? sized.chunked() : sized));
    RawClient client = client();

    RawAnswer answer = client.exchange(RawRequest.get("/"));

    assertThat(answer.whole()).isTrue();
    assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(body));
    assertThat(answer.framing()).isEqualTo(framing);
    assertUsable(client);
  }

  @Test
  void body_untilClose_isWhole() throws Exception {
    start(mirrored());
    byte[] body = bytes(70_000);
    v1.behave(Behaviour.answer(Answer.of(200).body(body).untilClose()));

    RawAnswer answer = get("/");

    assertThat(answer.whole()).isTrue();
    assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(body));
    takeBoth();
  }

  @Test
  void body_of20MiB_reachesAClientThatReadsSlowly() throws Exception {
    start(mirrored());
    byte[] body = bytes(20 << 20);
    v1.behave(Behaviour.answer(Answer.of(200).body(body)));

    try (RawClient slow = RawClient.to(gateway().port(), 32 * 1024)) {
      RawAnswer answer = slow.send(RawRequest.get("/")).read(16 * 1024, Duration.ofNanos(100_000));
      assertThat(answer.whole()).isTrue();
      assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(body));
    }
    takeBoth();
  }

  @Test
  void body_thatPauses_comesAsFarAsV1SentIt() throws Exception {
    start(mirrored());
    CountDownLatch gate = new CountDownLatch(1);
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          connection.send("6\r\nfirst.\r\n");
          connection.await(gate);
          connection.send("5\r\nlast.\r\n0\r\n\r\n");
        });
    RawClient client = client();

    client.send(RawRequest.get("/events"));
    client.readHead();
    assertThat(client.readChunk()).isEqualTo("first.");
    gate.countDown();

    assertThat(client.readText(2)).isEqualTo("\r\n");
    assertThat(client.readChunk()).isEqualTo("last.");
    assertThat(client.readText(2)).isEqualTo("\r\n");
    assertThat(client.readChunk()).isEmpty();
    takeBoth();
  }

  @ParameterizedTest
  @CsvSource({"100, 1", "100, 2", "102, 3", "103, 3", "199, 1000"})
  void interimAnswers_ofV1_endInTheFinalOne(int status, int count) throws Exception {
    start(mirrored());
    v1.behave(Behaviour.interim(status, count, Answer.of(200).body("final")));
    RawClient client = client();

    assertThat(client.exchange(RawRequest.get("/")).text()).isEqualTo("final");

    assertUsable(client);
  }

  @Test
  void connection_ofTheClient_servesManyRequests() throws Exception {
    start(mirrored());
    RawClient client = client();

    for (int i = 0; i < 50; i++) {
      assertThat(client.exchange(RawRequest.post("/" + i).body("b" + i)).text()).isEqualTo("v1");
    }

    assertThat(v1.take(50)).extracting(r -> r.body().text()).contains("b0", "b49");
    assertThat(describe(settled())).isEqualTo("completed 2");
    assertThat(v2.take(50)).extracting(r -> r.body().text()).contains("b0", "b49");
  }

  private void assertUsable(RawClient client) throws IOException {
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
