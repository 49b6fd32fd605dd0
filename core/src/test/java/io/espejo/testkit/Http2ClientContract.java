package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that speak HTTP/2, by prior knowledge, before versions that speak HTTP/1.1. */
abstract class Http2ClientContract extends GatewayFixture {
  private static final int MAX_ANSWER = 32 << 20;
  private static final int WINDOW = 65_535;

  private HttpClient client;

  Http2ClientContract(GatewayContract container) {
    super(container);
  }

  @BeforeEach
  void startClient() throws Exception {
    client = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
    client.setUserAgentField(null);
    client.start();
    client.getContentDecoderFactories().clear();
    bed.afterwards(client::stop);
  }

  @Override
  Gateway open(GatewayContract with, Path rules, Map<String, String> settings) throws Exception {
    return with.startHttp2(rules, settings);
  }

  private Request request(String target) {
    return client.newRequest("http://127.0.0.1:" + gateway().port() + target);
  }

  private static ContentResponse exchange(Request request) throws Exception {
    CompletableFuture<ContentResponse> answer =
        new CompletableResponseListener(request, MAX_ANSWER).send();
    return answer.get(10, TimeUnit.SECONDS);
  }

  @Test
  void get_isServedAndMirrored() throws Exception {
    start(mirrored());

    ContentResponse answer = exchange(request("/a?b=c"));

    assertThat(answer.getContentAsString()).isEqualTo("v1");
    RecordedRequest primary = v1.take();
    assertThat(primary.target()).isEqualTo("/a?b=c");
    assertThat(primary.host()).isEqualTo("127.0.0.1:" + gateway().port());
    Framing bodiless = has(Capability.HTTP2_OPEN_REQUESTS) ? Framing.NONE : Framing.LENGTH;
    assertThat(primary.framing()).isEqualTo(bodiless);
    RecordedRequest copy = v2.take();
    assertThat(copy.host()).isEqualTo("127.0.0.1-shadow:" + gateway().port());
    assertThat(copy.framing()).isEqualTo(bodiless);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 1_000_000})
  void bodies_withALength_areTheSameOnBothAndBack(int size) throws Exception {
    start(mirrored(), "shadow.maxLagBytes", Integer.toString(16 << 20));
    byte[] body = bytes(size);
    v1.behave(Behaviour.answer(Answer.of(200).body(body)));

    ContentResponse answer =
        exchange(request("/").method("POST").body(new BytesRequestContent(body)));

    assertThat(answer.getContent()).isEqualTo(body);
    for (RecordedRequest received : List.of(v1.take(), v2.take())) {
      assertThat(received.body().hash()).isEqualTo(RecordedBody.hashOf(body));
      assertThat(received.framing()).isEqualTo(Framing.LENGTH);
    }
  }

  @Test
  void body_withoutALength_goesOnInChunks() throws Exception {
    needs(Capability.HTTP2_OPEN_REQUESTS);
    start(mirrored());
    AsyncRequestContent body = new AsyncRequestContent();
    CompletableFuture<ContentResponse> answer =
        new CompletableResponseListener(request("/").method("POST").body(body)).send();
    for (int i = 0; i < 10; i++) {
      body.write(ByteBuffer.wrap(bytes(1000)), Callback.NOOP);
    }
    closeOnceUnderWay(body);

    assertThat(answer.get(5, TimeUnit.SECONDS).getContentAsString()).isEqualTo("v1");
    for (RecordedRequest received : List.of(v1.take(), v2.take())) {
      assertThat(received.framing()).isEqualTo(Framing.CHUNKED);
      assertThat(received.body().length()).isEqualTo(10_000);
    }
  }

  /** What was read of it to know whether there is one is given back, as the fixture asserts. */
  @Test
  void body_withoutALengthForNobody_isAnswered503() throws Exception {
    needs(Capability.HTTP2_OPEN_REQUESTS);
    start(routes(Route.to("v9")));
    FrameClient frames = frames(WINDOW);

    FrameClient.Stream stream = frames.request(false, upload(false, 0)).data(bytes(1000), false);

    TestBed.await("an answer", () -> stream.status() == 503);
    stream.cancel();
  }

  /** Jetty's client tells the length of what is whole before it is sent. */
  private void closeOnceUnderWay(AsyncRequestContent body) {
    TestBed.await("v1 is asked", () -> v1.connections() == 1);
    body.close();
  }

  @Test
  void trailers_ofV1_reachTheClient() throws Exception {
    needs(Capability.ANSWER_TRAILERS);
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).body("whole").trailers("grpc-status: 0")));

    ContentResponse answer = exchange(request("/"));

    assertThat(answer.getContentAsString()).isEqualTo("whole");
    assertThat(answer.getTrailers().get("grpc-status")).isEqualTo("0");
    v1.take();
    v2.take();
  }

  @Test
  void trailers_ofTheClient_reachBoth() throws Exception {
    needs(Capability.HTTP2_REQUEST_TRAILERS);
    start(mirrored());
    AsyncRequestContent body = new AsyncRequestContent();
    Request post =
        request("/")
            .method("POST")
            .headers(fields -> fields.put("te", "trailers"))
            .body(body)
            .trailersSupplier(() -> HttpFields.build().put("x-sum", "abc"));
    CompletableFuture<ContentResponse> answer = new CompletableResponseListener(post).send();
    body.write(ByteBuffer.wrap(bytes(10)), Callback.NOOP);
    closeOnceUnderWay(body);

    assertThat(answer.get(5, TimeUnit.SECONDS).getContentAsString()).isEqualTo("v1");
    for (RecordedRequest sent : List.of(v1.take(), v2.take())) {
      assertThat(sent.header("te")).isEqualTo("trailers");
      assertThat(sent.trailers().all("x-sum")).containsExactly("abc");
    }
  }

  @Test
  void answer_thatBreaksOff_resetsTheStream() throws Exception {
    needs(Capability.CHUNKED_TRUNCATION);
    start(mirrored());
    v1.behave(Behaviour.closeInAnswer(Answer.of(200).body(bytes(100_000)), 50_000));

    assertThat(catchThrowable(() -> exchange(request("/")))).isInstanceOf(ExecutionException.class);

    v1.take();
    v2.take();
  }

  @Test
  void streams_ofOneConnection_areServedAtOnce() throws Exception {
    start(mirrored());
    List<CompletableFuture<ContentResponse>> answers =
        IntStream.range(0, 50)
            .mapToObj(i -> new CompletableResponseListener(request("/" + i)).send())
            .toList();

    for (CompletableFuture<ContentResponse> answer : answers) {
      assertThat(answer.get(5, TimeUnit.SECONDS).getContentAsString()).isEqualTo("v1");
    }
    v1.take(50);
    v2.take(50);
  }

  /** A client that knows nothing of manners. */
  private FrameClient frames(int window) throws IOException {
    FrameClient frames = FrameClient.to(gateway().port(), window);
    bed.afterwards(frames::close);
    return frames;
  }

  /** One further request on this connection. */
  private void assertServed(FrameClient frames) throws IOException {
    FrameClient.Stream next = frames.request(true, FrameClient.head("GET", "/next"));
    next.grant(10_000);
    assertThat(next.awaitEnd().whole()).isTrue();
    assertThat(next.status()).isEqualTo(200);
    assertThat(next.body().text()).isEqualTo("v1");
    assertThat(v1.take().target()).isEqualTo("/next");
    assertThat(v2.take().target()).isEqualTo("/next");
  }

  private static String[] upload(boolean measured, int length) {
    return measured
        ? FrameClient.head("POST", "/upload", "content-length", Integer.toString(length))
        : FrameClient.head("POST", "/upload");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void upload_whoseStreamIsReset_isCutAtBothAndTheConnectionGoesOn(boolean measured)
      throws Exception {
    needs(Capability.HTTP2_OPEN_REQUESTS);
    start(mirrored());
    FrameClient frames = frames(WINDOW);
    FrameClient.Stream upload =
        frames.request(false, upload(measured, 20_000)).data(bytes(10_000), false);
    TestBed.await("it is under way to v1", () -> v1.bodyBytes() == 10_000);
    TestBed.await("it is under way to v2", () -> v2.bodyBytes() == 10_000);

    upload.cancel();

    assertThat(v1.take().whole()).isFalse();
    assertThat(v2.take().whole()).isFalse();
    assertThat(onlyOutcome()).isEqualTo("failed CUT");
    assertServed(frames);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void uploads_whoseStreamsAreResetAtOnce_areNeverWhole(boolean measured) throws Exception {
    needs(Capability.RESET_AT_ONCE);
    start(mirrored());
    for (int i = 0; i < 20; i++) {
      FrameClient frames = frames(WINDOW);
      for (int j = 0; j < 2; j++) {
        FrameClient.Stream upload = frames.request(false, upload(measured, 100));
        if (j == 1) {
          upload.data(bytes(99), false);
        }
        upload.cancel();
      }
    }
    awaitStill(() -> settled().considered());
    TestBed.await("v1 has no connection", () -> v1.openConnections() == 0);

    assertThat(v1.drain()).noneMatch(RecordedRequest::whole);
    assertThat(allAtV2()).noneMatch(RecordedRequest::whole);
    assertServed(frames(WINDOW));
  }

  @Test
  void get_whoseStreamIsResetBeforeItsAnswer_harmsNoOther() throws Exception {
    start(mirrored());
    CountDownLatch gate = new CountDownLatch(1);
    v1.behave(Behaviour.answerOnceOpen(gate, Answer.of(200).body(bytes(100_000))));
    FrameClient frames = frames(WINDOW);
    FrameClient.Stream left = frames.request(true, FrameClient.head("GET", "/left"));
    v1.take();
    v2.take();
    left.cancel();
    v1.behave(Behaviour.answer(Answer.of(200).body("v1")));

    assertServed(frames);
    gate.countDown();
    assertServed(frames);

    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void answer_forWhichTheClientGrantsNoWindow_holdsUpV1Alone(boolean leaves) throws Exception {
    start(mirrored(), "primary.idleTimeout", has(Capability.RESET_OF_ANSWER) ? "5m" : "3s");
    byte[] body = bytes(32 << 20);
    AtomicLong sent = new AtomicLong();
    CountDownLatch over = new CountDownLatch(1);
    v1.behave(
        connection -> {
          try {
            connection.readBody();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
            for (int from = 0; from < body.length; from += 16_384) {
              connection.send(Arrays.copyOfRange(body, from, from + 16_384));
              sent.addAndGet(16_384);
            }
          } finally {
            over.countDown();
          }
        });
    FrameClient frames = frames(0);
    FrameClient.Stream large = frames.request(true, FrameClient.head("GET", "/large"));
    v1.take();
    v2.take();
    v1.behave(Behaviour.answer(Answer.of(200).body("v1")));
    awaitStill(sent);
    assertThat(sent.get()).isLessThan(body.length);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
    assertServed(frames);
    large.grant(100_000);
    // Some wait until a whole frame of theirs fits.
    TestBed.await("as much has come as may", () -> large.bytes() > 100_000 - 32 * 1024);
    assertThat(large.bytes()).isLessThanOrEqualTo(100_000);
    assertServed(frames);

    if (leaves) {
      large.cancel();
      assertThat(over.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(sent.get()).isLessThan(body.length);
    } else {
      large.grant(body.length);
      assertThat(large.awaitEnd().whole()).isTrue();
      assertThat(large.body().hash()).isEqualTo(RecordedBody.hashOf(body));
    }

    assertServed(frames);
  }

  /** Answers that have no body, and the length that they may speak of. */
  static Stream<Arguments> bodiless() {
    Answer hello = Answer.of(200).header("ETag", "\"1\"").body("hello");
    return Stream.of(
        argumentSet("HEAD", "HEAD", hello, "5"),
        argumentSet("HEAD, in chunks", "HEAD", hello.chunked(), ""),
        argumentSet("204", "GET", Answer.of(204).header("ETag", "\"1\"").unframed(), ""),
        argumentSet("204 of no length", "GET", Answer.of(204).header("ETag", "\"1\""), ""),
        argumentSet("304", "GET", Answer.of(304).header("ETag", "\"1\"").unframed(), ""),
        argumentSet(
            "304 of a length",
            "GET",
            Answer.of(304).header("ETag", "\"1\"").header("Content-Length", "5").unframed(),
            "5"));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("bodiless")
  void answer_withoutABody_endsTheStream(String method, Answer answer, String length)
      throws Exception {
    if (method.equals("HEAD")) {
      needs(Capability.HTTP2_HEAD);
    }
    start(mirrored());
    v1.behave(Behaviour.answer(answer));
    FrameClient frames = frames(WINDOW);

    FrameClient.Stream stream = frames.request(true, FrameClient.head(method, "/"));

    assertThat(stream.awaitEnd().whole()).isTrue();
    assertThat(stream.status()).isEqualTo(answer.status());
    assertThat(stream.body().length()).isZero();
    assertThat(stream.headers().get("etag")).isEqualTo("\"1\"");
    String told = stream.headers().get("content-length");
    if (answer.status() != 200 && !has(Capability.LENGTH_OF_304)) {
      assertThat(told).isIn(null, "0");
    } else if (answer.status() == 304) {
      // Not every container tells of it.
      assertThat(told).isIn(null, length.isEmpty() ? null : length);
    } else {
      assertThat(told).isEqualTo(length.isEmpty() ? null : length);
    }
    assertThat(v1.take().method()).isEqualTo(method);
    assertThat(v2.take().method()).isEqualTo(method);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
    v1.behave(Behaviour.answer(Answer.of(200).body("v1")));
    assertServed(frames);
  }

  /** Bodies that are not as long as they say, and whether they end. */
  static Stream<Arguments> lengths() {
    String more = "0123456789GET /smuggled HTTP/1.1\r\nHost: httpbin:8000\r\n\r\n";
    return Stream.of(
        argumentSet("none", "", true),
        argumentSet("less", "01234", true),
        argumentSet("more", more, true),
        argumentSet("more, and no end", more, false));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("lengths")
  void body_thatIsNotAsLongAsItSays_isNeverWhole(String body, boolean last) throws Exception {
    if (!last) {
      needs(Capability.HTTP2_OPEN_REQUESTS);
    }
    // Tomcat does not tell of a stream that it resets itself: v1 is rid of it by this.
    start(mirrored(), "primary.idleTimeout", "1s");
    FrameClient frames = frames(WINDOW);

    FrameClient.Stream stream =
        frames
            .request(false, upload(true, 10))
            .data(body.getBytes(StandardCharsets.ISO_8859_1), last);

    assertThat(refused(frames, stream.awaitEnd())).isTrue();
    assertSeenByNobody();
  }

  /** Whether the container, or the filter, would have none of it. */
  private static boolean refused(FrameClient frames, FrameClient.Stream stream) {
    return stream.reset() || frames.over() || (stream.status() >= 400 && stream.status() < 500);
  }

  /** At most parts of requests have come to v1 and v2; what comes next is served. */
  private void assertSeenByNobody() throws IOException {
    FrameClient.Stream next = frames(WINDOW).request(true, FrameClient.head("GET", "/next"));
    assertThat(next.awaitEnd().whole()).isTrue();
    assertThat(next.body().text()).isEqualTo("v1");
    TestBed.await("v1 has no connection", () -> v1.openConnections() == 0);
    for (List<RecordedRequest> seen : List.of(v1.drain(), allAtV2())) {
      assertThat(seen)
          .filteredOn(RecordedRequest::whole)
          .extracting(RecordedRequest::target)
          .containsExactly("/next");
    }
  }

  @Test
  void cookies_inSeveralLines_areOneLineForServersOfHttp1() throws Exception {
    start(mirrored());
    FrameClient frames = frames(WINDOW);

    FrameClient.Stream stream =
        frames.request(
            true, FrameClient.head("GET", "/", "cookie", "a=1", "x-a", "1", "cookie", "b=2"));

    assertThat(stream.awaitEnd().status()).isEqualTo(200);
    assertThat(v1.take().headers().all("cookie")).containsExactly("a=1; b=2");
    assertThat(v2.take().headers().all("cookie")).containsExactly("a=1; b=2");
  }

  /** Heads that are no HTTP. */
  static Stream<Arguments> malformed() {
    return Stream.of(
        malformed("no method", ":scheme", "http", ":path", "/", ":authority", "httpbin:8000"),
        malformed("no path", ":method", "GET", ":scheme", "http", ":authority", "httpbin:8000"),
        malformed("no scheme", ":method", "GET", ":path", "/", ":authority", "httpbin:8000"),
        malformed("empty path", FrameClient.head("GET", "")),
        malformed("two paths", FrameClient.head("GET", "/", ":path", "/other")),
        malformed("two methods", FrameClient.head("GET", "/", ":method", "POST")),
        malformed("two schemes", FrameClient.head("GET", "/", ":scheme", "https")),
        malformed("two authorities", FrameClient.head("GET", "/", ":authority", "other.example")),
        malformed("unknown pseudo header", FrameClient.head("GET", "/", ":espejo", "1")),
        malformed("status", FrameClient.head("GET", "/", ":status", "200")),
        malformed(
            "pseudo header behind others",
            ":method",
            "GET",
            ":scheme",
            "http",
            ":path",
            "/",
            "x-a",
            "1",
            ":authority",
            "httpbin"),
        malformed("method of two words", FrameClient.head("GET /other", "/")),
        malformed("line break in path", FrameClient.head("GET", "/ HTTP/1.1\r\nx-a: 1\r\n")),
        malformed("line break in a value", FrameClient.head("GET", "/", "x-a", "1\r\nx-b: 2")),
        malformed("line break in a name", FrameClient.head("GET", "/", "x-a\r\nx-b", "1")),
        malformed("colon in a name", FrameClient.head("GET", "/", "x-a: 1", "1")),
        malformed("NUL in a value", FrameClient.head("GET", "/", "x-a", "1\0")),
        malformed("upper case name", FrameClient.head("GET", "/", "X-A", "1")),
        malformed("empty name", FrameClient.head("GET", "/", "", "1")),
        malformed("connection", FrameClient.head("GET", "/", "connection", "close")),
        malformed("te", FrameClient.head("GET", "/", "te", "gzip")),
        malformed("transfer coding", FrameClient.head("POST", "/", "transfer-encoding", "chunked")),
        malformed(
            "two lengths",
            FrameClient.head("POST", "/", "content-length", "0", "content-length", "30")),
        malformed("length that is none", FrameClient.head("POST", "/", "content-length", "0, 0")),
        malformed(
            "line break in authority",
            ":method",
            "GET",
            ":scheme",
            "http",
            ":path",
            "/",
            ":authority",
            "a\r\nx-a: 1"),
        malformed(
            "user in authority",
            ":method",
            "GET",
            ":scheme",
            "http",
            ":path",
            "/",
            ":authority",
            "a b@httpbin:8000"));
  }

  private static Arguments malformed(String name, String... lines) {
    return argumentSet(name, List.of(lines));
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("malformed")
  void head_thatIsMalformed_isRefused(List<String> lines) throws Exception {
    if (lines.indexOf(":authority") != lines.lastIndexOf(":authority")) {
      needs(Capability.ONE_AUTHORITY);
    }
    start(mirrored());
    FrameClient frames = frames(WINDOW);

    FrameClient.Stream stream = frames.request(true, lines.toArray(String[]::new));

    if (!refused(frames, stream.awaitEnd())) {
      if (!has(Capability.STRICT_REQUESTS)) {
        settled();
        v1.drain();
        v2.drain();
      }
      needs(Capability.STRICT_REQUESTS);
      fail("%s was answered", lines);
    }
    assertServed(frames(WINDOW));
    settled();
    assertThat(v1.waiting() + v2.waiting()).isZero();
  }

  /** The authority, the host beside it, and v1's if it is not refused. */
  @ParameterizedTest
  @CsvSource({
    "httpbin:8000, other.example, httpbin:8000",
    "httpbin:8000, httpbin:8000, httpbin:8000",
    "httpbin:8000, httpbin:8001, httpbin:8000",
    "httpbin:8000, HTTPBIN:8000, httpbin:8000",
    "httpbin:8000, '', httpbin:8000",
    "httpbin:8000, 'a, b', httpbin:8000",
    "'', httpbin:8000, httpbin:8000"
  })
  void authority_andHost_areNeverTwo(String authority, String host, String expected)
      throws Exception {
    start(mirrored());
    List<String> lines =
        new ArrayList<>(List.of(":method", "GET", ":scheme", "http", ":path", "/"));
    if (authority.isEmpty()) {
      needs(Capability.ABSENT_HOST);
    } else {
      lines.addAll(List.of(":authority", authority));
    }
    lines.addAll(List.of("host", host));
    FrameClient frames = frames(WINDOW);

    FrameClient.Stream stream = frames.request(true, lines.toArray(String[]::new)).awaitEnd();

    if (stream.status() == 200) {
      RecordedRequest primary = v1.take();
      assertThat(primary.headers().all("host")).hasSize(1);
      assertThat(primary.host()).isEqualToIgnoringCase(expected);
      assertThat(primary.header("x-forwarded-host")).isEqualTo(primary.host());
      assertThat(v2.take().host()).isEqualToIgnoringCase("httpbin-shadow:8000");
    } else {
      assertThat(refused(frames, stream)).isTrue();
      // Two that are one are a plain request.
      assertThat(host).isNotEqualTo(expected);
    }
    assertServed(frames(WINDOW));
  }
}
