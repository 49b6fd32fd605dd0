package io.espejo.it.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.Espejo;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.Answer;
import io.espejo.testkit.Behaviour;
import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RecordedRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.context.WebApplicationContext;

/** The filter in a Spring Boot application, on the server that the class path has. */
class SpringBootIT {
  private static final String FORM = "application/x-www-form-urlencoded";

  @TempDir static Path directory;

  private static RecordingOrigin v2;
  private static Set<Thread> before;
  private static ConfigurableApplicationContext bare;
  private static ConfigurableApplicationContext mirrored;

  @BeforeAll
  static void start() throws IOException {
    before = Thread.getAllStackTraces().keySet();
    v2 = RecordingOrigin.start("v2");
    Path rules = directory.resolve("rules.yaml");
    RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", 1, "v2", v2.port()))
        .routes(
            "httpbin",
            List.of("httpbin"),
            Route.to("v2").match("uri: {prefix: /moved}"),
            Route.to("v1").mirror("v2"))
        .writeTo(rules);
    bare = run();
    mirrored = run("shop.rules=" + rules);
  }

  @AfterAll
  static void stop() throws IOException {
    mirrored.close();
    bare.close();
    v2.close();
    Awaitility.await("our threads to end")
        .untilAsserted(
            () ->
                assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> !before.contains(thread) && isOurs(thread))
                    .isEmpty());
  }

  private static boolean isOurs(Thread thread) {
    return thread.getName().startsWith("espejo");
  }

  @AfterEach
  void forget() {
    v2.behave(Behaviour.answer(Answer.of(200).body("v2")));
    v2.drain();
  }

  private static ConfigurableApplicationContext run(String... properties) {
    return new SpringApplicationBuilder(Shop.class)
        .properties("server.port=0", "server.address=127.0.0.1", "spring.jmx.enabled=false")
        .properties(properties)
        .run();
  }

  private static int port(ConfigurableApplicationContext application) {
    return application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  private static RawAnswer exchange(ConfigurableApplicationContext with, RawRequest request)
      throws IOException {
    return RawClient.once(port(with), request);
  }

  private static OutcomeCounts settled() {
    Espejo espejo =
        (Espejo)
            ((WebApplicationContext) mirrored)
                .getServletContext()
                .getAttribute(Espejo.class.getName());
    Awaitility.await("every copy to end").until(() -> espejo.outcomes().inFlight() == 0);
    return espejo.outcomes();
  }

  private static List<String> comparable(RawAnswer answer) {
    List<String> all = new ArrayList<>(answer.head());
    all.removeIf(line -> line.regionMatches(true, 0, "date:", 0, 5));
    all.add(answer.text().replaceAll("\"timestamp\":\"[^\"]*\"", ""));
    return all;
  }

  private static RawRequest post(String path, String type, String body) {
    return RawRequest.post(path).header("Content-Type", type).body(body);
  }

  static Stream<RawRequest> requests() {
    String parts =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\n"
            + "Content-Type: text/plain\r\n\r\nhello\r\n"
            + "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nworld\r\n--x--\r\n";
    return Stream.of(
        RawRequest.get("/get?a=1"),
        post("/bytes", "application/octet-stream", "0123456789".repeat(5_000)),
        post("/json", "application/json", "{\"a\": [1, \"b\"]}"),
        post("/stream", "text/plain", "streamed"),
        RawRequest.post("/stream").chunked("in chunks".getBytes(StandardCharsets.UTF_8), 4),
        post("/form?b=query", FORM, "a=1&a=2"),
        RawRequest.of("PUT", "/form").header("Content-Type", FORM).body("a=1&b=2"),
        post("/upload", "multipart/form-data; boundary=x", parts),
        post("/callable", "text/plain", "c"),
        post("/deferred", "text/plain", "d"),
        post("/fail", "text/plain", "f"),
        post("/no-such-page", "text/plain", "g"),
        post("/json", "application/json", "no json"));
  }

  @Test
  void server_isTheOneOfThisRun() throws IOException {
    assertThat(exchange(mirrored, RawRequest.get("/server")).text())
        .containsIgnoringCase(System.getProperty("server"));
    settled();
  }

  @ParameterizedTest
  @MethodSource("requests")
  void request_isAnsweredAsWithoutFilter_andWholeAtV2(RawRequest request) throws IOException {
    long completed = settled().completed();

    assertThat(comparable(exchange(mirrored, request)))
        .isEqualTo(comparable(exchange(bare, request)));

    RecordedRequest copy = v2.take();
    assertThat(copy.whole()).isTrue();
    assertThat(copy.host()).isEqualTo("httpbin-shadow");
    assertThat(copy.target()).isEqualTo(request.head().get(0).split(" ", -1)[1]);
    // Tomcat gives the headers of parts in lower case.
    assertThat(copy.body().text()).isEqualToIgnoringCase(bodyOf(request));
    assertThat(settled().completed()).isEqualTo(completed + 1);
  }

  /** Without chunk sizes, as they may change on the way. */
  private static String bodyOf(RawRequest request) {
    String body = new String(request.body(), StandardCharsets.ISO_8859_1);
    return request.head().stream().anyMatch(line -> line.equals("Transfer-Encoding: chunked"))
        ? body.replaceAll("[0-9a-f]+\r\n(.*?)\r\n", "$1").trim()
        : body;
  }

  @ParameterizedTest
  @MethodSource("requests")
  void request_withAV2ThatResets_isAnsweredAsWithoutFilter(RawRequest request)
      throws IOException {
    v2.behave(Behaviour.resetAfterHead());

    assertThat(comparable(exchange(mirrored, request)))
        .isEqualTo(comparable(exchange(bare, request)));

    settled();
  }

  @Test
  void request_thatIsNotRead_isAnsweredAsWithoutFilter() throws IOException {
    RawRequest request = post("/nothing", "text/plain", "left");
    long considered = settled().considered();

    assertThat(comparable(exchange(mirrored, request)))
        .isEqualTo(comparable(exchange(bare, request)));

    // With Spring Boot 4 on Tomcat its stream is closed by then.
    assertThat(settled().considered()).isEqualTo(considered + 1);
    assertThat(v2.drain()).allMatch(copy -> copy.body().text().equals("left"));
  }

  @Test
  void route_toAnotherVersion_isProxied() throws IOException {
    assertThat(exchange(mirrored, RawRequest.get("/moved/x")).text()).isEqualTo("v2");
    assertThat(v2.take().host()).isEqualTo("httpbin");
  }
}
