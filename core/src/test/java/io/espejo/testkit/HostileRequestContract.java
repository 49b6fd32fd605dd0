package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What clients send that want to be misunderstood. Whatever a container makes of it, what it
 * answers and what v1 and v2 get are the same requests, well-formed, in the same order.
 */
abstract class HostileRequestContract extends GatewayFixture {
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern REQUEST_LINE =
      Pattern.compile(TOKEN + " (/[\\x21-\\x7e]*|\\*) HTTP/1\\.1");
  private static final Pattern HEADER_LINE =
      Pattern.compile(TOKEN + ":([ \\t]?[\\t\\x20-\\x7e\\x80-\\xff]*)");

  /** The request after the hostile one, on the same connection. */
  private static final String SECOND =
      "GET /second HTTP/1.1\r\nHost: httpbin\r\nConnection: close\r\n\r\n";

  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: httpbin\r\n\r\n";

  HostileRequestContract(GatewayContract container) {
    super(container);
  }

  /** What is sent on one connection. */
  private record Attack(String name, String bytes) {}

  /** Those that are played only where a container has this. */
  private static final Map<Capability, String> NEEDING =
      Map.of(Capability.LONE_CR, "4\\rbody\\r0\\r\\r", Capability.BARE_QUERY, "?first");

  private boolean isPlayed(Attack attack) {
    return NEEDING.entrySet().stream()
        .allMatch(needed -> has(needed.getKey()) || !needed.getValue().equals(attack.name()));
  }

  private static Attack post(String lines, String body) {
    return new Attack(
        shown(lines), "POST /first HTTP/1.1\r\nHost: httpbin\r\n" + lines + "\r\n" + body + SECOND);
  }

  private static Attack get(String name, String lines) {
    return new Attack(name, "GET /first HTTP/1.1\r\nHost: httpbin\r\n" + lines + "\r\n" + SECOND);
  }

  private static Attack chunks(String body) {
    return new Attack(
        shown(body.length() > 60 ? body.substring(0, 60) : body),
        "POST /first HTTP/1.1\r\nHost: httpbin\r\nTransfer-Encoding: chunked\r\n\r\n"
            + body
            + SECOND);
  }

  private static String shown(String text) {
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0").replace("\t", "\\t");
  }

  static Stream<Attack> framings() {
    String none = "0\r\n\r\n";
    String chunked = "4\r\nbody\r\n0\r\n\r\n";
    return Stream.of(
        post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", none),
        post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", none),
        post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", none + SMUGGLED),
        post("Content-Length: 54\r\nTransfer-Encoding: chunked\r\n", none + SMUGGLED),
        post("Content-Length: 4\r\nContent-Length: 4\r\n", "body"),
        post("Content-Length: 4\r\nContent-Length: 40\r\n", "body" + SMUGGLED),
        post("Content-Length: 4, 4\r\n", "body"),
        post("Content-Length: 4, 40\r\n", "body" + SMUGGLED),
        post("Content-Length: +4\r\n", "body"),
        post("Content-Length: -4\r\n", "body"),
        post("Content-Length: 0x4\r\n", "body"),
        post("Content-Length: 4 4\r\n", "body"),
        post("Content-Length: 4a\r\n", "body"),
        post("Content-Length: \r\n", ""),
        post("Content-Length: 99999999999999999999\r\n", "body"),
        post("Content-Length : 4\r\n", "body"),
        post("Transfer-Encoding: chunked, identity\r\n", chunked),
        post("Transfer-Encoding: identity, chunked\r\n", chunked),
        post("Transfer-Encoding: xchunked\r\n", chunked),
        post("Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n", "body"),
        post("Transfer-Encoding: chunked, chunked\r\n", chunked),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunked),
        post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunked),
        post("Transfer-Encoding: gzip, chunked\r\n", chunked),
        post("Transfer-Encoding: Chunked\r\n", chunked),
        post("Transfer-Encoding:\tchunked\r\n", chunked),
        post("Transfer-Encoding: \u000bchunked\r\n", chunked),
        post("Transfer-Encoding: \"chunked\"\r\n", chunked),
        post("Transfer-Encoding: chunked;q=1\r\n", chunked),
        post("Transfer-Encoding:\r\n", chunked),
        post("Transfer-Encoding : chunked\r\n", chunked),
        post("Transfer-Encoding\u0000: chunked\r\n", chunked),
        post("Transfer_Encoding: chunked\r\nContent-Length: 4\r\n", "body"),
        post("X: y\r\n Transfer-Encoding: chunked\r\n", chunked),
        post("X: y\r\n\tContent-Length: 4\r\n", "body"),
        post("Transfer-Encoding:\r\n chunked\r\n", chunked),
        post("Content-Length: 4\r\n 0\r\n", "body"),
        post("X: y\rTransfer-Encoding: chunked\r\n", chunked),
        post("X: y\nTransfer-Encoding: chunked\r\n", chunked),
        post("X: y\r\rContent-Length: 4\r\n", "body"),
        post("Content-Length: 4\n", "body"),
        new Attack(
            "HTTP/1.0 in chunks",
            "POST /first HTTP/1.0\r\nHost: httpbin\r\nConnection: keep-alive\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
                + chunked
                + SECOND),
        new Attack(
            "GET in chunks",
            "GET /first HTTP/1.1\r\nHost: httpbin\r\nTransfer-Encoding: chunked\r\n\r\n"
                + chunked
                + SECOND));
  }

  static Stream<Attack> chunkings() {
    return Stream.of(
        chunks("4;ext=1\r\nbody\r\n0\r\n\r\n"),
        chunks("4;a=\"\r\n\r\n0\r\n\r\n\"\r\nbody\r\n0\r\n\r\n"),
        chunks("4;a=b\rc\r\nbody\r\n0\r\n\r\n"),
        chunks("4;a=b\nbody\r\n0\r\n\r\n"),
        chunks("4;" + "x".repeat(100_000) + "\r\nbody\r\n0\r\n\r\n"),
        chunks("004\r\nbody\r\n0\r\n\r\n"),
        chunks("4 \r\nbody\r\n0\r\n\r\n"),
        chunks(" 4\r\nbody\r\n0\r\n\r\n"),
        chunks("0x4\r\nbody\r\n0\r\n\r\n"),
        chunks("+4\r\nbody\r\n0\r\n\r\n"),
        chunks("-4\r\nbody\r\n0\r\n\r\n"),
        chunks("4\nbody\n0\n\n"),
        chunks("4\rbody\r0\r\r"),
        chunks("10000000000000004\r\nbody\r\n0\r\n\r\n"),
        chunks("\r\nbody\r\n0\r\n\r\n"),
        chunks("4\r\nbodyXX0\r\n\r\n"),
        chunks("4\r\nbody0\r\n\r\n"),
        chunks(
            "4\r\nbody\r\n0\r\nContent-Length: 9\r\nHost: evil\r\nTransfer-Encoding: x\r\n"
                + "X-Forwarded-For: 203.0.113.9\r\nX-Espejo-Mirror: me\r\n\r\n"),
        chunks("4\r\nbody\r\n0\r\n bad: trailer\r\n\r\n"),
        chunks("4\r\nbody\r\n0\r\nx\u0000: y\r\n\r\n"),
        chunks("4\r\nbody\r\n0\r\nx: y\rz: GET /smuggled HTTP/1.1\r\n\r\n"),
        chunks("4\r\nbody\r\n0\r\nx: " + "y".repeat(1 << 20) + "\r\n\r\n"));
  }

  static Stream<Attack> heads() {
    return Stream.of(
        get("NUL in a value", "X: a\u0000b\r\n"),
        get("NUL in a name", "X\u0000: a\r\n"),
        get("control in a value", "X: a\u0001b\r\n"),
        get("DEL in a value", "X: a\u007fb\r\n"),
        get("CR in a value", "X: a\rX-Injected: b\r\n"),
        get("CR at a value's end", "X: a\r\r\n"),
        get("LF in a value", "X: a\nX-Line: b\r\n"),
        get("space in a name", "X Y: a\r\n"),
        get("space before the colon", "X : a\r\n"),
        get("no name", ": a\r\n"),
        get("no colon", "XYZ\r\n"),
        get("no token", "X(Y): a\r\n"),
        get("obs-text in a name", "X\u00e9: a\r\n"),
        get("folded", "X: a\r\n b\r\n\tc\r\n"),
        get("folded first", " X: a\r\n"),
        get("CR in the id", "X-Request-Id: a\rX-Injected: b\r\n"),
        get("LF in the id", "X-Request-Id: a\nX-Line: b\r\n"),
        get("CR in x-forwarded-for", "X-Forwarded-For: a\rX-Injected: b\r\n"),
        get("bare LF in all", "X: a\nY: b\n"),
        new Attack("empty line first", "\r\nGET /first HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("CR first", "\rGET /first HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("space first", " GET /first HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("method", "GE(T /first HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("method of CR", "GE\rT /first HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("tabs", "GET\t/first\tHTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("two spaces", "GET  /first  HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("words", "GET /first x HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("version 1.2", "GET /first HTTP/1.2\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("version 2.0", "GET /first HTTP/2.0\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("version http", "GET /first http/1.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("version 1.1x", "GET /first HTTP/1.1x\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("version 01.1", "GET /first HTTP/01.1\r\nHost: httpbin\r\n\r\n" + SECOND),
        new Attack("preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SECOND),
        new Attack("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n" + SECOND));
  }

  static Stream<Attack> hosts() {
    return Stream.of(
            "Host: httpbin\r\nHost: httpbin",
            "Host: httpbin\r\nHost: evil.example",
            "Host: evil.example\r\nhost: httpbin",
            "Host: httpbin, evil.example",
            "Host: user@httpbin",
            "Host: user:pass@httpbin:80",
            "Host: httpbin:abc",
            "Host: httpbin:99999",
            "Host: httpbin:-1",
            "Host: httpbin:",
            "Host: httpbin:80:80",
            "Host: :80",
            "Host: ",
            "Host:",
            "X: y",
            "Host: httpbin evil.example",
            "Host: httpbin\tevil.example",
            "Host: http://httpbin/",
            "Host: httpbin/../x",
            "Host: httpbin?x",
            "Host: httpbin#x",
            "Host: httpbin\\x",
            "Host: httpbin%00",
            "Host: httpbin%0d%0aX-Injected: y",
            "Host: httpbin\u0000",
            "Host: httpbin\u00e9",
            "Host: [::1",
            "Host: ::1",
            "Host: [::1]x",
            "Host: [evil]",
            "Host: httpbin\r\n .evil.example",
            "Host : httpbin",
            "Host: <script>",
            "Host: httpbin.",
            "Host: -",
            "Host: " + "h".repeat(6000))
        .map(
            host ->
                new Attack(
                    shown(host.length() > 80 ? "long" : host),
                    "GET /first HTTP/1.1\r\n" + host + "\r\n\r\n" + SECOND));
  }

  static Stream<Attack> targets() {
    return Stream.of(
            "/../first",
            "/a/../../first",
            "/%2e%2e/first",
            "/a/%2E%2e/%2e/first",
            "/..%2ffirst",
            "/a/..%5c..%5cfirst",
            "/a\\..\\first",
            "\\first",
            "//first",
            "///evil.example/first",
            "/%2f%2ffirst",
            "/first%00",
            "/first\u0000",
            "/first%0d%0aX-Injected:%20y",
            "/first\rX",
            "/%c0%ae%c0%ae/first",
            "/%e0%80%ae%e0%80%ae/first",
            "/%u002e%u002e/first",
            "/%252e%252e/first",
            "/first;a=b/../x",
            "/..;/first",
            "/%",
            "/%zz",
            "/first#fragment",
            "/first?%00",
            "/first?a\u0000b",
            "/first?a\rb",
            "/first?%0d%0aX-Injected:%20y",
            "/first?a#b",
            "/first\u00e9",
            "/first?\u00e9",
            "/first\u007f",
            "/first<script>",
            "*",
            "first",
            "?first",
            "",
            "httpbin:80",
            "http://httpbin/first",
            "HTTP://httpbin/first",
            "http://httpbin",
            "http://httpbin?first",
            "http://evil.example/first",
            "http://user@httpbin/first",
            "http://httpbin:abc/first",
            "http:///first",
            "http:first",
            "ftp://httpbin/first",
            "file:///etc/passwd",
            "/" + "a".repeat(5000))
        .map(
            target ->
                new Attack(
                    shown(target.length() > 80 ? "long" : target),
                    "GET " + target + " HTTP/1.1\r\nHost: httpbin\r\n\r\n" + SECOND));
  }

  @Test
  void framing_thatIsAmbiguous_isOneRequestForAllOrNone() throws Exception {
    assertEachInStep(framings());
  }

  @Test
  void chunks_thatAreMalformed_areOneRequestForAllOrNone() throws Exception {
    assertEachInStep(chunkings());
  }

  @Test
  void head_thatIsMalformed_isOneRequestForAllOrNone() throws Exception {
    assertEachInStep(heads());
  }

  @Test
  void host_thatIsMalformed_isOneRequestForAllOrNone() throws Exception {
    assertEachInStep(hosts());
  }

  @Test
  void target_thatIsMalformed_isOneRequestForAllOrNone() throws Exception {
    assertEachInStep(targets());
  }

  /** Of such a chunk a container may wait for the rest. */
  @ParameterizedTest
  @ValueSource(strings = {"7fffffff", "80000004", "100000004", "7ffffffffffffff"})
  void chunk_thatIsHuge_neverEndsWhole(String size) throws Exception {
    needs(Capability.STRICT_REQUESTS);
    bed.afterwards(this::assertTheRestWasCut);
    start(mirrored());

    List<RawAnswer> answers = play(chunks(size + "\r\nbody\r\n0\r\n\r\n").bytes(), true);

    assertThat(answers).allMatch(answer -> answer.status() / 100 >= 4, "refused");
  }

  private void assertEachInStep(Stream<Attack> attacks) throws Exception {
    needs(Capability.STRICT_REQUESTS);
    bed.afterwards(this::assertTheRestWasCut);
    start(mirrored());
    v1.behave(
        connection -> {
          connection.readBody();
          connection.send(Answer.of(200).body(connection.path()));
        });
    SoftAssertions all = new SoftAssertions();
    attacks
        .filter(this::isPlayed)
        .forEach(
            attack ->
                all.assertThatCode(() -> assertInStep(attack, play(attack.bytes())))
                    .as(attack.name())
                    .doesNotThrowAnyException());
    all.assertAll();
  }

  /** However it is written, what v1 gets is what the route was asked for. */
  @Test
  void target_thatClimbsOutOfARoute_isMatchedAsItIsForwarded() throws Exception {
    start(routes(Route.to("v1").match("uri: {prefix: /public/}").mirror("v2")));
    for (String climb :
        List.of(
            "/public/../private",
            "/public/%2e%2e/private",
            "/public/.%2E/private",
            "/public/..;/private",
            "/public/..%2fprivate",
            "/public/..%5cprivate",
            "/public\\..\\private",
            "/public/%252e%252e/private",
            "/public/%c0%ae%c0%ae/private",
            "//public/../private",
            "/./public/./../private",
            "/PUBLIC/private")) {
      List<RawAnswer> answers =
          play("GET " + climb + " HTTP/1.1\r\nHost: httpbin\r\nConnection: close\r\n\r\n");
      assertThat(answers).as(climb).hasSize(1);
      if (answers.get(0).status() == 200) {
        assertThat(v1.take().target()).as(climb).startsWith("/public/").doesNotContain("/../");
        assertThat(v2.take().target()).as(climb).startsWith("/public/").doesNotContain("/../");
      } else {
        assertThat(answers.get(0).status()).as(climb).isIn(400, 404);
      }
    }
  }

  /** All that the client gets for these bytes, up to the end of the connection. */
  private List<RawAnswer> play(String bytes) throws IOException {
    return play(bytes, false);
  }

  /** The same; if {@code half}, the client says then that it sends no more. */
  private List<RawAnswer> play(String bytes, boolean half) throws IOException {
    List<RawAnswer> answers = new ArrayList<>();
    try (RawClient client = RawClient.to(gateway().port())) {
      try {
        client.write(bytes);
      } catch (IOException refused) {
        // It has had enough; what it answered may be lost with it.
      }
      if (half) {
        client.finish();
      }
      RawAnswer answer = client.read();
      while (!answer.head().isEmpty()) {
        answers.add(answer);
        answer = client.read();
      }
    }
    return answers;
  }

  /** The client has v1's answers to what v1 got, and nothing else but refusals; v2 got the same. */
  private void assertInStep(Attack attack, List<RawAnswer> answers) {
    List<String> served =
        answers.stream().filter(a -> a.status() == 200).map(RawAnswer::text).toList();
    assertThat(answers).allMatch(a -> a.status() == 200 || a.status() / 100 >= 4, "200 or refused");
    List<RecordedRequest> primaries = takeWhole(v1, served.size());
    assertThat(primaries).extracting(RecordedRequest::target).containsExactlyElementsOf(served);
    List<RecordedRequest> copies = takeWhole(v2, served.size());
    for (RecordedRequest primary : primaries) {
      assertWellFormed(primary);
      assertThat(copies)
          .anySatisfy(
              copy -> {
                assertWellFormed(copy);
                assertThat(copy.target()).isEqualTo(primary.target());
                assertThat(copy.body().hash()).isEqualTo(primary.body().hash());
                assertThat(copy.framing()).isEqualTo(primary.framing());
              });
    }
  }

  /** So many requests that came to their end; not those that were cut, for their body was bad. */
  private static List<RecordedRequest> takeWhole(RecordingOrigin origin, int count) {
    List<RecordedRequest> whole = new ArrayList<>();
    while (whole.size() < count) {
      RecordedRequest next = origin.take();
      if (next.whole()) {
        whole.add(next);
      }
    }
    return whole;
  }

  /** The gateway is closed by now. */
  private void assertTheRestWasCut() {
    for (RecordingOrigin origin : List.of(v1, v2)) {
      TestBed.await("no connection", () -> origin.openConnections() == 0);
      assertThat(origin.drain()).noneMatch(RecordedRequest::whole);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 5_000, 100_000})
  void headers_inAFlood_areAnsweredOrRefused(int lines) throws Exception {
    start(mirrored());

    StringBuilder flood = new StringBuilder("GET /first HTTP/1.1\r\nHost: httpbin\r\n");
    for (int i = 0; i < lines; i++) {
      flood.append("X-").append(i).append(": flood\r\n");
    }
    List<RawAnswer> answers = play(flood + "\r\n" + SECOND);

    assertRefusedOrServed(answers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /%s HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: %s\r\n"})
  void head_ofAMebibyte_isRefused(String head) throws Exception {
    start(mirrored());

    List<RawAnswer> answers =
        play(head.formatted("x".repeat(1 << 20)) + "Host: httpbin\r\n\r\n" + SECOND);

    assertThat(answers).noneMatch(answer -> answer.status() == 200);
    assertRefusedOrServed(answers);
  }

  /** Whatever became of it, the next client is served. */
  private void assertRefusedOrServed(List<RawAnswer> answers) throws IOException {
    assertThat(answers).allMatch(a -> a.status() == 200 || a.status() / 100 == 4, "200 or refused");
    v1.drain().forEach(this::assertWellFormed);
    v2.take((int) answers.stream().filter(a -> a.status() == 200).count());
    assertThat(get("/next").text()).isEqualTo("v1");
    assertThat(v1.take().target()).isEqualTo("/next");
    assertThat(v2.take().target()).isEqualTo("/next");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Connection: x-espejo-mirror\r\n", "X-Espejo-Mirror: again\r\n"})
  void marker_thatIsForged_isAnsweredAndNotMirrored(String more) throws Exception {
    start(mirrored());

    assertThat(
            play("GET / HTTP/1.1\r\nHost: httpbin\r\nConnection: close\r\nx-ESPEJO-mirror: me\r\n"
                    + more
                    + "\r\n")
                .get(0)
                .text())
        .isEqualTo("v1");

    assertThat(v1.take().headers().contains("x-espejo-mirror")).isFalse();
    assertThat(settled().dropped(Reason.LOOP)).isEqualTo(1);
  }

  @Test
  void connection_thatNamesWhatIsNoHop_takesNothingAway() throws Exception {
    start(mirrored());

    RawAnswer answer =
        exchange(
            RawRequest.post("/")
                .header(
                    "Connection",
                    "host, content-length, transfer-encoding, x-forwarded-for, x-forwarded-host,"
                        + " x-forwarded-proto, x-request-id, x-espejo-mirror, x-envoy-attempt-count")
                .header("X-Forwarded-For", "203.0.113.9")
                .body("body"));

    assertThat(answer.status()).isIn(200, 400);
    if (answer.status() == 200) {
      for (RecordedRequest request : List.of(v1.take(), v2.take())) {
        assertWellFormed(request);
        assertThat(request.body().text()).isEqualTo("body");
        assertThat(request.header("X-Forwarded-For").replace(" ", ""))
            .isEqualTo("203.0.113.9,127.0.0.1");
        assertThat(request.header("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(request.header("X-Forwarded-Host")).isEqualTo("httpbin");
        assertThat(request.header("X-Request-Id")).isNotEmpty();
        assertThat(request.header("x-envoy-attempt-count")).isEqualTo("1");
      }
    }
  }

  /** Whatever a client names, only what the rules name is connected to. */
  @Test
  void gateway_askedForAnotherHost_isNoOpenProxy() throws Exception {
    RecordingOrigin outside = bed.origin("outside");
    start(service().routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2")));
    for (int port : List.of(outside.port(), v1.port(), v2.port())) {
      String there = "127.0.0.1:" + port;
      for (String request :
          List.of(
              "GET / HTTP/1.1\r\nHost: " + there,
              "GET / HTTP/1.0\r\nHost: " + there,
              "GET / HTTP/1.1\r\nHost: httpbin@" + there,
              "GET / HTTP/1.1\r\nHost: " + there + "\r\nX-Forwarded-Host: httpbin",
              "GET http://" + there + "/ HTTP/1.1\r\nHost: " + there,
              "GET http://" + there + "/ HTTP/1.0",
              "GET http://localhost:" + port + "/ HTTP/1.1\r\nHost: localhost:" + port,
              "GET http://" + there + "/ HTTP/1.1\r\nHost: nobody")) {
        List<RawAnswer> answers = play(request + "\r\nConnection: close\r\n\r\n");
        assertThat(answers)
            .as(request)
            .isNotEmpty()
            .allMatch(answer -> answer.status() / 100 >= 4, "refused");
      }
    }

    assertThat(outside.connections()).isZero();
    assertThat(v1.connections()).isZero();
    assertThat(v2.connections()).isZero();
    assertThat(settled().considered()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"httpbin", "outside"})
  void connect_isRefusedAndOpensNoTunnel(String host) throws Exception {
    RecordingOrigin outside = bed.origin("outside");
    start(mirrored());
    String there = "127.0.0.1:" + outside.port();
    RawClient client = client();

    client.write("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(there, host));

    assertThat(client.read().status() / 100).isGreaterThanOrEqualTo(4);
    assertThat(outside.connections()).isZero();
    assertThat(v1.connections()).isZero();
  }

  @Test
  void target_inAbsoluteFormOfAnotherHost_goesNowhereElse() throws Exception {
    needs(Capability.STRICT_REQUESTS);
    RecordingOrigin outside = bed.origin("outside");
    start(service().routes("httpbin", List.of("httpbin"), Route.to("v1")));

    List<RawAnswer> answers =
        play(
            "GET http://127.0.0.1:"
                + outside.port()
                + "/ HTTP/1.1\r\nHost: httpbin\r\nConnection: close\r\n\r\n");

    assertThat(answers).hasSize(1).allMatch(answer -> answer.status() / 100 >= 4, "refused");
    assertThat(outside.connections()).isZero();
    assertThat(v1.connections()).isZero();
  }

  /**
   * Envoy goes by the target; a container refuses what the two do not agree on, or goes by Host.
   */
  @ParameterizedTest
  @CsvSource({"httpbin:81, httpbin:82", "httpbin:81, httpbin", "httpbin, httpbin:82"})
  void target_inAbsoluteFormOfAnotherPort_isRefused(String target, String host) throws Exception {
    start(mirrored());

    List<RawAnswer> answers = play(absolute(target, host));

    if (has(Capability.TARGET_PORT)) {
      assertThat(answers).extracting(RawAnswer::status).containsExactly(400);
      assertThat(v1.connections()).isZero();
      assertThat(v2.connections()).isZero();
    } else {
      assertThat(answers).extracting(RawAnswer::status).containsExactly(200);
      assertThat(v1.take().host()).isEqualTo(host);
      v2.take();
    }
  }

  @ParameterizedTest
  @CsvSource({"httpbin:80, httpbin", "httpbin, httpbin:80", "HTTPBIN, httpbin"})
  void target_inAbsoluteFormOfTheSameHost_isRefusedOrGoesByItsHost(String target, String host)
      throws Exception {
    start(mirrored());

    List<RawAnswer> answers = play(absolute(target, host));

    assertThat(answers).hasSize(1);
    assertThat(answers.get(0).status()).isIn(200, 400);
    if (answers.get(0).status() == 200) {
      RecordedRequest primary = v1.take();
      assertThat(primary.requestLine()).isEqualTo("GET /a?q HTTP/1.1");
      assertThat(primary.host()).isEqualTo(host);
      v2.take();
    }
  }

  private static String absolute(String target, String host) {
    return "GET http://%s/a?q HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
        .formatted(target, host);
  }

  private void assertWellFormed(RecordedRequest request) {
    String all = request.toString();
    assertThat(request.whole()).as(all).isTrue();
    assertThat(request.requestLine()).as(all).matches(REQUEST_LINE);
    assertThat(request.head().stream().skip(1))
        .as(all)
        .allMatch(l -> HEADER_LINE.matcher(l).matches());
    assertThat(request.headers().all("Host")).as(all).hasSize(1);
    List<String> lengths = request.headers().all("Content-Length");
    List<String> codings = request.headers().all("Transfer-Encoding");
    assertThat(lengths.size() + codings.size()).as(all).isLessThanOrEqualTo(1);
    assertThat(lengths).as(all).allMatch(length -> length.matches("\\d+"));
    assertThat(codings).as(all).allMatch("chunked"::equals);
    if (has(Capability.LONE_CR)) {
      assertThat(request.headers().contains("X-Injected")).as(all).isFalse();
    }
    assertThat(request.trailers().contains("Content-Length")).as(all).isFalse();
    assertThat(request.trailers().contains("Host")).as(all).isFalse();
    assertThat(request.trailers().contains("Transfer-Encoding")).as(all).isFalse();
    assertThat(request.trailers().contains("X-Forwarded-For")).as(all).isFalse();
    assertThat(request.trailers().contains("X-Espejo-Mirror")).as(all).isFalse();
  }
}
