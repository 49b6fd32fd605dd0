package io.espejo.demo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.demo.DemoServer.InPlace;
import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What it must answer was taken from psf/httpbin 0.10.4 under gunicorn 27. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpbinTest {
  private static final String FORM = "application/x-www-form-urlencoded";

  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
  private final DemoServer httpbin =
      DemoServer.httpbin(
          "v1", "127.0.0.1", 0, new QueueStream(log), Optional.empty(), InPlace.FILTER);

  @BeforeAll
  void start() throws Exception {
    httpbin.open();
    httpbin.start();
  }

  @AfterAll
  void stop() {
    httpbin.close();
  }

  @Test
  void headers_mixedNames_areTitledJoinedAndSorted() throws IOException {
    RawAnswer answer =
        ask(
            RawRequest.get("/headers")
                .header("x-b3abc", "q")
                .header("X-A", "1")
                .header("x-a", "2")
                .header("x_under", "gone")
                .header("X-Request-Id", "hidden")
                .header("X-Forwarded-For", "hidden"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text())
        .isEqualTo(
            """
            {
              "headers": {
                "Host": "httpbin",
                "X-A": "1,2",
                "X-B3Abc": "q"
              }
            }
            """);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.header("Content-Length")).isEqualTo("83");
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
    assertThat(answer.header("Access-Control-Allow-Credentials")).isEqualTo("true");
    assertThat(answer.headers().contains("Server")).isFalse();
  }

  @Test
  void get_queryOfAllKinds_isToldAsFlaskParsesIt() throws IOException {
    assertThat(
            ask(RawRequest.get("/get?a=1&a=2&b=%C3%A9&c&d=%zz&show_env=1").header("Via", "x"))
                .text())
        .isEqualTo(
            """
            {
              "args": {
                "a": [
                  "1",
                  "2"
                ],
                "b": "\\u00e9",
                "c": "",
                "d": "%zz",
                "show_env": "1"
              },
              "headers": {
                "Host": "httpbin",
                "Via": "x"
              },
              "origin": "127.0.0.1",
              "url": "http://httpbin/get?a=1&a=2&b=\\u00e9&c&d=%zz&show_env=1"
            }
            """);
  }

  @Test
  void ip_behindProxy_isTheForwardedOne() throws IOException {
    assertThat(ask(RawRequest.get("/ip").header("X-Forwarded-For", "1.2.3.4, 5.6.7.8")).text())
        .isEqualTo("{\n  \"origin\": \"1.2.3.4, 5.6.7.8\"\n}\n");
  }

  @Test
  void userAgent_sentAndAbsent_isToldOrNull() throws IOException {
    assertThat(ask(RawRequest.get("/user-agent").header("User-Agent", "curl")).text())
        .isEqualTo("{\n  \"user-agent\": \"curl\"\n}\n");
    assertThat(ask(RawRequest.get("/user-agent")).text())
        .isEqualTo("{\n  \"user-agent\": null\n}\n");
  }

  @ParameterizedTest
  @CsvSource({"POST, /post", "PUT, /put", "PATCH, /patch", "DELETE, /delete"})
  void echo_json_isParsed(String method, String path) throws IOException {
    RawAnswer answer =
        ask(
            RawRequest.of(method, path)
                .header("Content-Type", "application/json")
                .body("{\"a\":1.50,\"b\":[null,true]}".getBytes(UTF_8)));
    assertThat(answer.text())
        .isEqualTo(
            """
            {
              "args": {},
              "data": "{\\"a\\":1.50,\\"b\\":[null,true]}",
              "files": {},
              "form": {},
              "headers": {
                "Content-Length": "26",
                "Content-Type": "application/json",
                "Host": "httpbin"
              },
              "json": {
                "a": 1.5,
                "b": [
                  null,
                  true
                ]
              },
              "origin": "127.0.0.1",
              "url": "http://httpbin%s"
            }
            """
                .formatted(path));
  }

  @Test
  void post_formWhoseBodyComesLater_isWhole() throws Exception {
    try (RawClient client = RawClient.to(httpbin.port())) {
      client.sendHead(RawRequest.post("/post").header("Content-Type", FORM).body(new byte[7]));
      client.write("x");
      client.write("=1&y=+");
      assertThat(client.read().text())
          .contains("\"data\": \"\"", "\"form\": {\n    \"x\": \"1\",\n    \"y\": \" \"\n  }");
    }
  }

  @Test
  void post_multipart_isTextsAndFiles() throws IOException {
    String body =
        """
        --B\r
        Content-Disposition: form-data; name="a"\r
        \r
        1\r
        --B\r
        Content-Disposition: form-data; name="f"; filename="f.txt"\r
        \r
        text\r
        --B\r
        Content-Disposition: form-data; name="g"; filename="g.png"\r
        Content-Type: image/png\r
        \r
        \u00ff\u0000\r
        --B--\r
        """;
    assertThat(
            ask(RawRequest.post("/post")
                    .header("Content-Type", "multipart/form-data; boundary=B")
                    .body(body.getBytes(ISO_8859_1)))
                .text())
        .contains(
            "\"files\": {\n    \"f\": \"text\",\n    \"g\": \"data:image/png;base64,/wA=\"\n  }",
            "\"form\": {\n    \"a\": \"1\"\n  }");
  }

  @Test
  void post_notUtf8_isADataUrl() throws IOException {
    assertThat(ask(RawRequest.post("/post").body(new byte[] {(byte) 0xff, (byte) 0xfe})).text())
        .contains("\"data\": \"data:application/octet-stream;base64,//4=\"", "\"json\": null");
  }

  @Test
  void post_chunked_isRead() throws IOException {
    try (RawClient client = RawClient.to(httpbin.port())) {
      client
          .sendHead(RawRequest.post("/post").header("Transfer-Encoding", "chunked"))
          .chunk("he".getBytes(UTF_8))
          .chunk("llo".getBytes(UTF_8))
          .chunk(new byte[0]);
      assertThat(client.read().text()).contains("\"data\": \"hello\"", "\"Transfer-Encoding\"");
    }
  }

  @Test
  void post_bodyAboveTheLimit_is413() throws IOException {
    byte[] limit = new byte[4 * 1024 * 1024];
    assertThat(ask(RawRequest.post("/post").body(limit)).status()).isEqualTo(200);
    assertThat(ask(RawRequest.post("/post").body(new byte[limit.length + 1])).status())
        .isEqualTo(413);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"})
  void anything_everyMethodAndPath_isNamed(String method) throws IOException {
    assertThat(ask(RawRequest.of(method, "/anything/a%2Fb//c;d?e=f")).text())
        .contains(
            "\"method\": \"" + method + "\"", "\"url\": \"http://httpbin/anything/a/b//c;d?e=f\"");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, 200, 200",
    "POST, 204, 204",
    "PUT, 404, 404",
    "PATCH, 503, 503",
    "DELETE, 599, 599",
    "GET, '200:0,500', 500",
    "GET, abc, 400",
    "GET, 199, 400",
    "GET, 600, 400"
  })
  void status_codes_areAnswered(String method, String codes, int status) throws IOException {
    assertThat(ask(RawRequest.of(method, "/status/" + codes)).status()).isEqualTo(status);
  }

  @Test
  void status_redirectChallengeAndTeapot_haveTheirHeaders() throws IOException {
    assertThat(ask(RawRequest.get("/status/302")).header("Location")).isEqualTo("/redirect/1");
    assertThat(ask(RawRequest.get("/status/401")).header("WWW-Authenticate"))
        .isEqualTo("Basic realm=\"Fake Realm\"");
    assertThat(ask(RawRequest.get("/status/418")).text()).contains("teapot").hasSize(135);
  }

  @Test
  void status_bodyAboveTheLimit_isReadToItsEnd() throws IOException {
    assertThat(ask(RawRequest.of("PUT", "/status/200").body(new byte[20 * 1024 * 1024])).status())
        .isEqualTo(200);
  }

  @Test
  void delay_halfASecond_answersAfterIt() throws IOException {
    long start = System.nanoTime();
    assertThat(ask(RawRequest.get("/delay/0.5")).status()).isEqualTo(200);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(500), Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "-1", "NaN"})
  void delay_notASpan_is500(String seconds) throws IOException {
    assertThat(ask(RawRequest.get("/delay/" + seconds)).status()).isEqualTo(500);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "10, 10", "102400, 102400", "102401, 102400", "99999999999999999999, 102400"})
  void bytes_count_isLimited(String asked, int sent) throws IOException {
    RawAnswer answer = ask(RawRequest.get("/bytes/" + asked));
    assertThat(answer.header("Content-Length")).isEqualTo(Integer.toString(sent));
    assertThat(answer.header("Content-Type")).isEqualTo("application/octet-stream");
  }

  @Test
  void bytes_sameSeed_sameBytes() throws IOException {
    assertThat(ask(RawRequest.get("/bytes/50?seed=1")).text())
        .isEqualTo(ask(RawRequest.get("/bytes/50?seed=1")).text())
        .isNotEqualTo(ask(RawRequest.get("/bytes/50?seed=2")).text());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "3, 3", "100, 100", "101, 100"})
  void stream_count_isLimited(String asked, int lines) throws IOException {
    RawAnswer answer = ask(RawRequest.get("/stream/" + asked));
    assertThat(answer.text().lines()).hasSize(lines);
    assertThat(answer.text().lines())
        .allMatch(line -> line.startsWith("{\"url\": \"http://httpbin/stream/" + asked + "\", "));
  }

  @Test
  void unknownPath_any_isAPlain404() throws IOException {
    RawAnswer answer = ask(RawRequest.get("/nope"));
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.text()).contains("<title>404 Not Found</title>");
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
  }

  @Test
  void wrongMethod_known_is405WithAllow() throws IOException {
    RawAnswer answer = ask(RawRequest.get("/post"));
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("Allow")).contains("POST", "OPTIONS");
  }

  @Test
  void options_preflight_isAnsweredEmpty() throws IOException {
    RawAnswer answer =
        ask(
            RawRequest.of("OPTIONS", "/anything")
                .header("Origin", "http://o")
                .header("Access-Control-Request-Headers", "X-Q"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEmpty();
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("http://o");
    assertThat(answer.header("Access-Control-Allow-Headers")).isEqualTo("X-Q");
    assertThat(answer.header("Access-Control-Max-Age")).isEqualTo("3600");
  }

  @Test
  void last_afterAnother_showsThatOne() throws IOException {
    ask(RawRequest.get("/status/200").host("httpbin-shadow:8000"));
    ask(RawRequest.get("/last"));
    assertThat(ask(RawRequest.get("/last")).text())
        .contains(
            "\"Host\": \"httpbin-shadow:8000\"",
            "\"url\": \"http://httpbin-shadow:8000/status/200\"");
  }

  @ParameterizedTest
  @CsvSource({
    "GET /ip?log=get, 200 28",
    "HEAD /ip?log=head, 200 0",
    "GET /status/204?log=none, 204 0",
    "GET /bytes/7?log=%22, 200 7",
    "GET /nope?log=nope, 404 79"
  })
  void accessLog_eachAnswer_isALineAsGunicornWritesIt(String request, String status)
      throws Exception {
    String[] line = request.split(" ", 2);
    ask(RawRequest.of(line[0], line[1]));
    assertThat(logged(line[1]))
        .matches("v1 127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/\\d{4}(:\\d\\d){3} [+-]\\d{4}] .*")
        .endsWith("] \"" + request + " HTTP/1.1\" " + status + " \"-\" \"-\"");
  }

  @Test
  void accessLog_streamedAnswer_countsItsBodyOnly() throws Exception {
    int length = ask(RawRequest.get("/stream/2?log=stream")).text().length();
    assertThat(logged("log=stream")).contains("\" 200 " + length + " \"");
  }

  @Test
  void accessLog_userRefererAndAgent_areQuoted() throws Exception {
    ask(
        RawRequest.get("/ip?log=user")
            .header("Authorization", "Basic dXNlcjpwYXNz")
            .header("Referer", "a\"b")
            .header("User-Agent", "curl/7"));
    assertThat(logged("log=user"))
        .startsWith("v1 127.0.0.1 - user [")
        .endsWith(" \"a\\\"b\" \"curl/7\"");
  }

  @Test
  void accessLog_userThatForgesALine_isEscaped() throws Exception {
    String user = "x\nv1 127.0.0.1 - - [23/Nov/2026:08:44:06 +0000] \"GET /forged \u001b[2J";
    String credentials = Base64.getEncoder().encodeToString((user + ":p").getBytes(UTF_8));
    ask(RawRequest.get("/ip?log=forged").header("Authorization", "Basic " + credentials));
    assertThat(logged("log=forged"))
        .startsWith("v1 127.0.0.1 - x\\x0Av1\\x20127.0.0.1")
        .contains(" [")
        .doesNotContain("\"GET /forged", "\u001b");
  }

  private String logged(String part) throws InterruptedException {
    String line = log.poll(5, TimeUnit.SECONDS);
    while (line != null && !line.contains(part)) {
      line = log.poll(5, TimeUnit.SECONDS);
    }
    return String.valueOf(line);
  }

  private RawAnswer ask(RawRequest request) throws IOException {
    return RawClient.once(httpbin.port(), request);
  }

  /** Lines printed, as a queue. */
  private static final class QueueStream extends PrintStream {
    private final BlockingQueue<String> lines;

    QueueStream(BlockingQueue<String> lines) {
      super(OutputStream.nullOutputStream(), true, UTF_8);
      this.lines = lines;
    }

    @Override
    public void println(String line) {
      lines.add(line);
    }
  }
}
