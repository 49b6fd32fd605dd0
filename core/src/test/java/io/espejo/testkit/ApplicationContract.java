package io.espejo.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the filter does in an application that is v1 itself: it does no harm, and v2 receives what
 * the client sent. A container's test starts {@code io.espejo.it.application.ReadingServlet} for
 * every path, with the filter before it or without.
 */
public abstract class ApplicationContract extends DoNoHarmContract {
  /** Rules under which the application is v1. */
  private static final String[] LOCAL = {"local", "httpbin/v1"};

  /** How an application may read a body and see every byte of it. */
  private static final String[] READING = {
    "/stream",
    "/bytes",
    "/exactly",
    "/reader",
    "/listener",
    "/thread",
    "/forward",
    "/include",
    "/dispatch",
    "/dispatch-wrapped",
    "/throw",
    "/error"
  };

  private final Application application;

  /** A container's part. */
  @FunctionalInterface
  public interface Application {
    /**
     * Starts the application for every path.
     *
     * @param rules the filter's init-param {@code rules}; without, there is no filter, and {@link
     *     Gateway#espejo} is never asked for
     * @param settings the filter's other init-params; {@code asyncSupported} is its registration's
     */
    Gateway start(Optional<Path> rules, Map<String, String> settings) throws Exception;
  }

  protected ApplicationContract(Application application) {
    super(application);
    this.application = application;
  }

  /** The answer's lines but for its date. */
  private static List<String> comparable(RawAnswer answer) {
    List<String> lines = new ArrayList<>(answer.head());
    lines.removeIf(line -> line.regionMatches(true, 0, "date:", 0, 5));
    // An error page may show a stack, in which the filter is seen.
    lines.removeIf(
        line -> answer.status() == 500 && line.regionMatches(true, 0, "content-length:", 0, 15));
    return lines;
  }

  /** What the application answers without the filter. */
  private RawAnswer bare(RawRequest request) throws Exception {
    try (Gateway bare = application.start(Optional.empty(), Map.of())) {
      return RawClient.once(bare.port(), request);
    }
  }

  private boolean isMirrored(String target) {
    try {
      return get(target).status() == 200 && gateway().outcomes().considered() > 0;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void assertSame(RawAnswer answer, RawAnswer expected) {
    assertThat(comparable(answer)).isEqualTo(comparable(expected));
    if (expected.status() != 500) {
      assertThat(answer.text()).isEqualTo(expected.text());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5_000, 300_000})
  void body_readInAnyWay_isAnsweredAsWithoutFilterAndWholeAtV2(int length) throws Exception {
    start(mirrored(), LOCAL);
    try (Gateway bare = application.start(Optional.empty(), Map.of())) {
      for (String path : READING) {
        RawRequest request =
            RawRequest.post(path).header("Content-Type", ReadingStyle.BYTES).body(bytes(length));

        RawAnswer answer = exchange(request);

        assertSame(answer, RawClient.once(bare.port(), request));
        RecordedRequest copy = v2.take();
        assertThat(copy.requestLine()).isEqualTo("POST " + path + " HTTP/1.1");
        assertThat(copy.host()).isEqualTo("httpbin-shadow");
        assertThat(copy.whole()).as(path + " " + describe(settled())).isTrue();
        assertThat(copy.body().hash()).as(path).isEqualTo(RecordedBody.hashOf(bytes(length)));
        assertThat(copy.framing()).isEqualTo(Framing.LENGTH);
        assertThat(copy.headers().contains("x-espejo-rebuilt")).isFalse();
      }
    }
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5_000, 300_000})
  void chunkedBody_readInAnyWay_isChunkedAtV2(int length) throws Exception {
    start(mirrored(), LOCAL);
    try (Gateway bare = application.start(Optional.empty(), Map.of())) {
      for (String path : READING) {
        if (path.equals("/exactly")) {
          continue;
        }
        RawRequest request =
            RawRequest.post(path)
                .header("Content-Type", ReadingStyle.BYTES)
                .chunked(bytes(length), 7_000);

        RawAnswer answer = exchange(request);

        assertSame(answer, RawClient.once(bare.port(), request));
        RecordedRequest copy = v2.take();
        assertThat(copy.whole()).as(path + " " + describe(settled())).isTrue();
        assertThat(copy.body().hash()).as(path).isEqualTo(RecordedBody.hashOf(bytes(length)));
        assertThat(copy.framing()).as(path).isEqualTo(Framing.CHUNKED);
      }
    }
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @Test
  void get_isAnsweredByTheApplicationAndCopied() throws Exception {
    start(mirrored(), LOCAL);

    RawAnswer answer = get("/stream?a=1");

    assertSame(answer, bare(RawRequest.get("/stream?a=1")));
    RecordedRequest copy = v2.take();
    assertThat(copy.requestLine()).isEqualTo("GET /stream?a=1 HTTP/1.1");
    assertThat(copy.host()).isEqualTo("httpbin-shadow");
    assertThat(copy.header("x-forwarded-for")).isEqualTo("127.0.0.1");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  /** The application sees the marker, as without the filter, and the container's own request. */
  @ParameterizedTest
  @ValueSource(strings = {"/stream", "/headers", "/class"})
  void marker_onTheRequest_isServedButNotMirrored(String path) throws Exception {
    start(mirrored(), LOCAL);
    RawRequest request = RawRequest.get(path).header("X-Espejo-Mirror", "another");

    assertSame(exchange(request), bare(request));

    assertThat(onlyOutcome()).isEqualTo("dropped LOOP");
  }

  @Test
  void policy_ofTheMirror_isForTheCopyAlone() throws Exception {
    start(
        mirrored()
            .policy(
                "p",
                "",
                "methods: [POST]",
                "headers: {set: {x-canary: \"1\"}, remove: [x-a]}",
                "limits: {maxBodyBytes: 100}"),
        LOCAL);
    RawRequest small =
        RawRequest.post("/bytes")
            .header("Content-Type", ReadingStyle.BYTES)
            .header("X-A", "1")
            .body(bytes(100));
    RawRequest large =
        RawRequest.post("/bytes").header("Content-Type", ReadingStyle.BYTES).body(bytes(101));

    assertSame(exchange(small), bare(small));
    assertSame(exchange(large), bare(large));
    assertSame(get("/headers"), bare(RawRequest.get("/headers")));

    RecordedRequest copy = v2.take();
    assertThat(copy.header("X-Canary")).isEqualTo("1");
    assertThat(copy.headers().contains("X-A")).isFalse();
    assertThat(copy.body().hash()).isEqualTo(RecordedBody.hashOf(bytes(100)));
    OutcomeCounts counts = settled();
    assertThat(counts.completed(2)).isEqualTo(1);
    assertThat(counts.dropped(Reason.METHOD)).isEqualTo(1);
    assertThat(counts.dropped(Reason.BODY_SIZE)).isEqualTo(1);
  }

  @Test
  void request_ofTheApplication_gainsNoHeader() throws Exception {
    start(mirrored(), LOCAL);
    RawRequest request = RawRequest.get("/headers").header("X-A", "1").header("X-A", "2");

    assertSame(exchange(request), bare(request));

    v2.take();
  }

  @Test
  void request_withoutMirror_isTheContainersOwn() throws Exception {
    start(
        routes(
            Route.to("v1").match("uri: {exact: /class}", "headers: {x-plain: {}}"),
            Route.to("v1").mirror("v2", "0"),
            Route.to("v1")),
        LOCAL);
    RawRequest plain = RawRequest.get("/class").header("x-plain", "");

    assertSame(exchange(plain), bare(plain));
    assertThat(gateway().outcomes().considered()).isZero();

    assertSame(get("/class"), bare(RawRequest.get("/class")));
  }

  @Test
  void request_sampledOut_isTheContainersOwn() throws Exception {
    start(routes(Route.to("v1").mirror("v2", "0.0001")), LOCAL);

    assertSame(get("/class"), bare(RawRequest.get("/class")));

    assertThat(describe(settled())).isEqualTo("sampled out");
  }

  @Test
  void form_readByTheContainer_isRebuiltWithoutThePairsOfTheQuery() throws Exception {
    start(mirrored(), LOCAL);
    RawRequest request =
        RawRequest.post("/parameters?a=q&z=0")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("a=1&b=%C3%A9+x&c=&a=2");

    assertSame(exchange(request), bare(request));

    RecordedRequest copy = v2.take();
    assertThat(copy.target()).isEqualTo("/parameters?a=q&z=0");
    assertThat(pairs(copy.body().text())).isEqualTo(pairs("a=1&a=2&b=%C3%A9+x&c="));
    assertThat(copy.framing()).isEqualTo(Framing.LENGTH);
    assertThat(copy.header("x-espejo-rebuilt")).isEqualTo("true");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/parameters", "/parameter-then-stream"})
  void form_largerThanTheLag_isGivenToV2AsItTakesIt(String path) throws Exception {
    start(mirrored(), "local", "httpbin/v1", "shadow.maxLagBytes", "10000");
    String body = "a=" + "x".repeat(100_000);
    RawRequest request =
        RawRequest.post(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);

    assertSame(exchange(request), bare(request));

    RecordedRequest copy = v2.take();
    assertThat(copy.body().hash()).isEqualTo(RecordedBody.hashOf(body.getBytes(ISO_8859_1)));
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  /** A container may find the parameter in the query, and leave the body to the application. */
  @ParameterizedTest
  @ValueSource(strings = {"rebuilt", "exact"})
  void form_behindAParameterOfTheQuery_isReadAsWithoutFilter(String forms) throws Exception {
    start(mirrored(), "local", "httpbin/v1", "forms", forms);
    RawRequest request =
        RawRequest.post("/parameter-then-stream?a=q")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("a=1&b=2");

    assertSame(exchange(request), bare(request));

    assertThat(v2.take().body().text()).isEqualTo("a=1&b=2");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  /** Containers skip what they cannot read of a form, or refuse it: v2 never gets a part of it. */
  @ParameterizedTest
  @CsvSource({"/parameters, a=1&x=%zz&b=2", "/parameters?a=%zz, a=1&b=2"})
  void form_thatTheContainerCannotRead_isNotHalfAtV2(String target, String body) throws Exception {
    needs(Capability.UNREAD_PAIRS);
    start(mirrored(), LOCAL);
    RawRequest request =
        RawRequest.post(target)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);

    assertSame(exchange(request), bare(request));

    settled();
    assertThat(v2.drain())
        .filteredOn(RecordedRequest::whole)
        .allSatisfy(copy -> assertThat(pairs(copy.body().text())).isEqualTo(pairs(body)));
  }

  @Test
  void form_readAsStream_isTheClientsBytes() throws Exception {
    start(mirrored(), LOCAL);
    RawRequest request =
        RawRequest.post("/stream")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("b=2&a=1&&x");

    assertSame(exchange(request), bare(request));

    RecordedRequest copy = v2.take();
    assertThat(copy.body().text()).isEqualTo("b=2&a=1&&x");
    assertThat(copy.headers().contains("x-espejo-rebuilt")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a=1&b=%C3%A9+x&c=&a=2",
        "b=2&a=1&&x&y&x=%20+",
        "a",
        "",
        "&",
        "&&a=1&&b&",
        "a==&b=&c",
        "last=1&%41=2&a%3Db=%26"
      })
  void form_exact_isTheClientsBytesAndTheContainersParameters(String body) throws Exception {
    start(mirrored(), "local", "httpbin/v1", "forms", "exact");
    for (String path : List.of("/parameters?a=q&z=0", "/forward-parameters?a=q", "/parameter-a")) {
      RawRequest request =
          RawRequest.post(path)
              .header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
              .body(body);

      assertSame(exchange(request), bare(request));

      RecordedRequest copy = v2.take();
      assertThat(copy.body().text()).isEqualTo(body);
      assertThat(copy.headers().contains("x-espejo-rebuilt")).isFalse();
    }
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"=y", "a=1&=y&b=2", "=", "=="})
  void form_exact_withAPairOfNoName_isReadOrRefusedAsByTheContainer(String body) throws Exception {
    start(mirrored(), "local", "httpbin/v1", "forms", "exact");
    RawRequest request =
        RawRequest.post("/parameters")
            .header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
            .body(body);
    RawAnswer expected = bare(request);

    RawAnswer answer = exchange(request);

    if (expected.status() == 200) {
      assertSame(answer, expected);
    } else {
      // Which refusal is a 400 and not a 500, only a container's own exception tells.
      assertThat(answer.status()).isGreaterThanOrEqualTo(400);
    }
    assertThat(v2.take().body().text()).isEqualTo(body);
  }

  @Test
  void form_exact_ofNoCharset_isReadAsTheContainerReadsIt() throws Exception {
    start(mirrored(), "local", "httpbin/v1", "forms", "exact");
    RawRequest request =
        RawRequest.post("/parameters")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("a=%C3%A9");

    assertSame(exchange(request), bare(request));

    assertThat(v2.take().body().text()).isEqualTo("a=%C3%A9");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/stream", "/stream-then-parameters", "/parameter-then-stream"})
  void form_exact_readAsStream_isAsWithoutFilter(String path) throws Exception {
    start(mirrored(), "local", "httpbin/v1", "forms", "exact");
    RawRequest request =
        RawRequest.post(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("a=1&b=2");

    assertSame(exchange(request), bare(request));

    assertThat(v2.take().body().text()).isEqualTo("a=1&b=2");
  }

  @Test
  void form_exact_beyondItsLimits_failsTheApplicationsCall() throws Exception {
    start(
        mirrored(),
        "local",
        "httpbin/v1",
        "forms",
        "exact",
        "forms.maxBytes",
        "20",
        "forms.maxParameters",
        "3");
    RawRequest request =
        RawRequest.post("/parameter-a").header("Content-Type", "application/x-www-form-urlencoded");

    assertThat(exchange(request.body("a=" + "x".repeat(18))).status()).isEqualTo(200);
    assertThat(exchange(request.body("a=" + "x".repeat(19))).status()).isEqualTo(500);
    assertThat(exchange(request.body("a=1&b=2&c=3")).status()).isEqualTo(200);
    assertThat(exchange(request.body("a=1&b=2&c=3&d=4")).status()).isEqualTo(500);
    settled();
    v2.drain();
  }

  @Test
  void cookies_thatARouteSets_areThoseOfTheApplication() throws Exception {
    start(
        routes(
            Route.to("v1")
                .match("uri: {exact: /cookies}")
                .with("headers:", "  request: {set: {cookie: a=route; b=2}}"),
            Route.to("v1").with("headers:", "  request: {remove: [x-other]}")),
        LOCAL);
    String cookies = "a=client; c=3";
    RawRequest kept = RawRequest.get("/cookies-kept").header("Cookie", cookies);

    assertThat(exchange(RawRequest.get("/cookies").header("Cookie", cookies)).text())
        .contains("a=route\nb=2\n")
        .doesNotContain("c=3");
    assertSame(exchange(kept), bare(kept));
  }

  @Test
  void put_withForm_isWholeAtV2() throws Exception {
    start(mirrored(), LOCAL);
    RawRequest request =
        RawRequest.of("PUT", "/parameter-then-stream")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("a=1&b=2");

    assertSame(exchange(request), bare(request));

    assertThat(v2.take().body().text()).isEqualTo("a=1&b=2");
  }

  @Test
  void parts_readByTheContainer_areRebuiltInTheirOrder() throws Exception {
    start(mirrored(), LOCAL);
    String body =
        """
        --b0und
        Content-Disposition: form-data; name="text"

        hello
        --b0und
        Content-Disposition: form-data; name="file"; filename="f\u00e9.bin"
        Content-Type: application/octet-stream
        X-Part: 7

        %s
        --b0und--
        """
            .replace("\n", "\r\n")
            .formatted("x".repeat(20_000));
    RawRequest request =
        RawRequest.post("/parts")
            .header("Content-Type", "multipart/form-data; boundary=b0und")
            .body(body.getBytes(UTF_8));

    assertSame(exchange(request), bare(request));

    RecordedRequest copy = v2.take();
    assertThat(copy.framing()).isEqualTo(Framing.LENGTH);
    String copied = new String(copy.body().bytes(), UTF_8);
    // A container that reads them by our stream shows it the client's bytes.
    if (copy.headers().contains("x-espejo-rebuilt")) {
      assertThat(copied).isEqualToIgnoringCase(body);
    } else {
      assertThat(copied).isEqualTo(body);
    }
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nothing", "/some"})
  void body_thatTheApplicationLeaves_isCopiedWhenItIsHere(String path) throws Exception {
    if (path.equals("/nothing")) {
      needs(Capability.AVAILABLE);
    }
    start(mirrored(), LOCAL);
    RawRequest request = RawRequest.post(path).body(bytes(2_000));

    assertSame(exchange(request), bare(request));

    RecordedRequest copy = v2.take();
    assertThat(copy.whole()).isTrue();
    assertThat(copy.body().hash()).isEqualTo(RecordedBody.hashOf(bytes(2_000)));
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void body_thatIsNeverRead_isNotWaitedFor() throws Exception {
    start(mirrored(), LOCAL);
    RawClient client = client();

    client.sendHead(RawRequest.post("/nothing").header("Content-Length", "1000"));
    RawAnswer answer = client.read();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(onlyOutcome()).isEqualTo("dropped UNREAD");
  }

  @Test
  void expect_thatTheApplicationLeaves_staysUnanswered() throws Exception {
    start(mirrored(), LOCAL);
    RawClient client = client();

    client.sendHead(
        RawRequest.post("/nothing")
            .header("Content-Length", "10")
            .header("Expect", "100-continue"));
    RawAnswer answer = client.read();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(onlyOutcome()).isEqualTo("dropped UNREAD");
  }

  @Test
  void expect_thatTheApplicationReads_isAnsweredAndNotCopied() throws Exception {
    start(mirrored(), LOCAL);
    RawClient client = client();

    client.sendHead(
        RawRequest.post("/stream").header("Content-Length", "10").header("Expect", "100-continue"));
    assertThat(client.readHead().get(0)).startsWith("HTTP/1.1 100");
    client.write("0123456789".getBytes(ISO_8859_1));

    assertThat(client.read().status()).isEqualTo(200);
    RecordedRequest copy = v2.take();
    assertThat(copy.body().text()).isEqualTo("0123456789");
    assertThat(copy.headers().contains("expect")).isFalse();
  }

  @Test
  void request_whoseEndNobodyTellsOf_endsItsCopyAfterTheIdleTime() throws Exception {
    start(mirrored(), "local", "httpbin/v1", "primary.idleTimeout", "300ms");
    for (String path : List.of("/life/held", "/life/held-unread")) {
      try (RawClient client = RawClient.to(gateway().port())) {
        client.send(RawRequest.post(path).body(bytes(2_000)));
        int copies = path.equals("/life/held") ? 1 : 2;
        TestBed.await(path + " is counted", () -> gateway().outcomes().considered() == copies);
        settled();
      }
    }
    assertThat(allAtV2()).noneMatch(RecordedRequest::whole);
    assertThat(describe(settled())).isEqualTo("dropped UNREAD failed UNREAD");
  }

  @Test
  void filter_withoutAsyncSupport_mirrorsASynchronousApplication() throws Exception {
    start(mirrored(), "local", "httpbin/v1", "asyncSupported", "false");
    for (String path : List.of("/stream", "/reader", "/forward", "/include", "/error", "/throw")) {
      RawRequest request =
          RawRequest.post(path).header("Content-Type", ReadingStyle.BYTES).body(bytes(2_000));

      assertSame(exchange(request), bare(request));

      assertThat(v2.take().body().hash()).isEqualTo(RecordedBody.hashOf(bytes(2_000)));
    }
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @Test
  void upgrade_isTheApplications_andNotMirrored() throws Exception {
    start(mirrored(), LOCAL);

    String echoed = echoed(gateway());

    try (Gateway bare = application.start(Optional.empty(), Map.of())) {
      assertThat(echoed).isEqualTo(echoed(bare));
    }
    if (has(Capability.BLOCKING_UPGRADE)) {
      assertThat(echoed).isEqualTo("hello");
    }
    assertThat(onlyOutcome()).isEqualTo("dropped UPGRADE");
  }

  /** What comes back on an upgraded connection. */
  private static String echoed(Gateway from) throws IOException {
    try (RawClient client = RawClient.to(from.port())) {
      client.sendHead(
          RawRequest.get("/life/upgrade")
              .header("Connection", "Upgrade")
              .header("Upgrade", "echo")
              .header("Content-Length", "0"));
      assertThat(client.readHead().get(0)).startsWith("HTTP/1.1 101");
      client.write("hello");
      try {
        return client.readText(5);
      } catch (AssertionError nothing) {
        return "";
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nothing", "/headers", "/stream", "/life/complete-unread"})
  void http2_isAnsweredAsWithoutFilter(String path) throws Exception {
    start(mirrored(), LOCAL);
    HttpClient client = http2Client();
    try (Gateway bare = application.start(Optional.empty(), Map.of())) {
      for (byte[] body : List.of(new byte[0], bytes(2_000))) {
        ContentResponse answer = http2(client, gateway(), path, body);
        ContentResponse expected = http2(client, bare, path, body);

        assertThat(answer.getStatus()).isEqualTo(expected.getStatus());
        assertThat(withoutPort(answer, gateway())).isEqualTo(withoutPort(expected, bare));
        if (body.length > 0 && !path.equals("/stream")) {
          // What the application leaves may not be here yet, and is then not copied.
          allAtV2();
          continue;
        }
        RecordedRequest copy = v2.take();
        assertThat(copy.whole()).isTrue();
        assertThat(copy.target()).isEqualTo(path);
        assertThat(copy.body().length()).isEqualTo(body.length);
      }
    }
    settled();
    v2.drain();
  }

  /** Nor with the digest of what had the port, which is the first line. */
  private static String withoutPort(ContentResponse answer, Gateway of) {
    String text = answer.getContentAsString();
    String port = Integer.toString(of.port());
    return text.contains(port) ? text.substring(text.indexOf('\n')).replace(port, "") : text;
  }

  @Test
  void push_isTheContainers() throws Exception {
    // A client may refuse what is pushed before it is served, and copied.
    bed.afterwards(v2::drain);
    start(mirrored(), LOCAL);
    HttpClient client = http2Client();
    try (Gateway bare = application.start(Optional.empty(), Map.of())) {
      assertThat(http2(client, gateway(), "/life/push", new byte[0]).getContentAsString())
          .isEqualTo(http2(client, bare, "/life/push", new byte[0]).getContentAsString());
    }
    RecordedRequest copy = v2.take();
    assertThat(copy.target()).isIn("/life/push", "/headers");
    assertThat(copy.whole()).isTrue();
  }

  private HttpClient http2Client() throws Exception {
    HttpClient client = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
    client.setUserAgentField(null);
    client.start();
    bed.afterwards(client::stop);
    return client;
  }

  private static ContentResponse http2(HttpClient client, Gateway with, String path, byte[] body)
      throws Exception {
    Request request = client.newRequest("http://127.0.0.1:" + with.port() + path);
    if (body.length > 0) {
      request.method("POST").body(new BytesRequestContent(body));
    }
    return new CompletableResponseListener(request).send().get(5, TimeUnit.SECONDS);
  }

  @Test
  void client_gone_inTheBody_cutsTheCopy() throws Exception {
    start(mirrored(), LOCAL);
    RawClient client = client();

    client.sendHead(RawRequest.post("/stream").header("Content-Length", "100000"));
    client.write(bytes(50_000));
    TestBed.await("the copy has begun", () -> v2.openConnections() > 0);
    client.reset();

    assertCopyCut();
  }

  @ParameterizedTest
  @ValueSource(strings = {"hang", "reset", "garbage", "reads nothing"})
  void v2_misbehaving_changesNothing(String how) throws Exception {
    v2.behave(
        switch (how) {
          case "hang" -> Behaviour.neverAnswer();
          case "reset" -> Behaviour.resetAfterHead();
          case "garbage" -> Behaviour.say("no HTTP at all\r\n\r\n");
          default -> Behaviour.hangAfterHead();
        });
    start(
        mirrored(),
        "local",
        "httpbin/v1",
        "shadow.answerTimeout",
        "400ms",
        "shadow.bodyTimeout",
        "400ms");
    try (Gateway bare = application.start(Optional.empty(), Map.of())) {
      RawClient client = client();
      for (String path : READING) {
        RawRequest request =
            RawRequest.post(path).header("Content-Type", ReadingStyle.BYTES).body(bytes(20_000));
        RawAnswer expected = RawClient.once(bare.port(), request);
        assertSame(client.exchange(request), expected);
        if (expected.headers().contains("connection")) {
          client = client();
        }
      }
    }
    settled();
    v2.drain();
  }

  @Test
  void v2_down_changesNothing() throws Exception {
    v2.close();
    start(mirrored(), LOCAL);
    RawRequest request = RawRequest.post("/stream").body(bytes(20_000));

    assertSame(exchange(request), bare(request));

    assertThat(onlyOutcome()).isEqualTo("dropped CONNECT");
  }

  @Test
  void route_toAnotherVersion_isProxied() throws Exception {
    start(
        routes(Route.to("v2").match("uri: {prefix: /moved}"), Route.to("v1").mirror("v2")), LOCAL);

    assertThat(get("/moved/x").text()).isEqualTo("v2");
    assertThat(v2.take().host()).isEqualTo("httpbin");

    assertThat(get("/stream").status()).isEqualTo(200);
    assertThat(v2.take().host()).isEqualTo("httpbin-shadow");
  }

  @Test
  void upgrade_onARouteToAnotherVersion_isThatVersions() throws Exception {
    needs(Capability.ASYNCHRONOUS_UPGRADE);
    start(routes(Route.to("v2").match("uri: {prefix: /chat}"), Route.to("v1")), LOCAL);
    v2.behave(
        connection -> {
          connection.readBody();
          connection.send("HTTP/1.1 101 Switching\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n");
          connection.echo();
        });
    RawClient client = client();

    client.send(
        RawRequest.get("/chat")
            .header("Upgrade", "chat")
            .header("Connection", "Upgrade")
            .header("Content-Length", "0"));

    assertThat(client.readHead().get(0)).startsWith("HTTP/1.1 101");
    client.write("hello");
    assertThat(client.readText(5)).isEqualTo("hello");
    client.close();
    TestBed.await("it is over", () -> gateway().openUpgrades() == 0);
    v2.take();
  }

  @Test
  void request_thatNoRuleSpeaksOf_goesToTheApplication() throws Exception {
    start(routes(Route.to("v1").mirror("v2").match("uri: {prefix: /mirrored}")), LOCAL);

    RawRequest request = RawRequest.post("/stream").host("other.example").body("x");
    assertSame(exchange(request), bare(request));

    assertThat(gateway().outcomes().considered()).isZero();
  }

  @Test
  void headers_ofARoute_applyToWhatTheApplicationSees() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with(
                    "headers:",
                    "  request: {set: {x-set: s}, add: {x-add: a}, remove: [x-gone]}",
                    "  response: {set: {x-set: route}, add: {x-add: route}, remove: [x-gone]}")),
        LOCAL);

    String seen =
        exchange(
                RawRequest.get("/headers")
                    .header("x-set", "client")
                    .header("x-add", "client")
                    .header("x-gone", "client"))
            .text();
    RecordedRequest copy = v2.take();
    RawAnswer answered = get("/answer-headers");

    assertThat(seen).contains("x-set[s]", "x-add[client, a]").doesNotContain("x-gone");
    assertThat(copy.header("x-set")).isEqualTo("s");
    assertThat(copy.headers().all("x-add")).containsExactly("client", "a");
    assertThat(answered.headers().all("x-set")).containsExactly("route");
    assertThat(answered.headers().all("x-add")).containsExactlyInAnyOrder("application", "route");
    assertThat(answered.headers().contains("x-gone")).isFalse();
    v2.take();
  }

  @Test
  void headers_ofARoute_speakOfTheRequestAsItStands() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with(
                    "headers:",
                    "  request: {set: {x-old: '%REQ(x-gone)%', x-id: '%REQ(x-request-id)%'},"
                        + " remove: [x-gone]}",
                    "  response: {set: {x-set: '%REQ(x-none)%', x-told: '%REQ(x-request-id)%'}}")),
        LOCAL);

    RawAnswer answered = exchange(RawRequest.get("/answer-headers").header("x-gone", "client"));
    RecordedRequest copy = v2.take();
    String seen = exchange(RawRequest.get("/headers").header("x-gone", "client")).text();

    assertThat(copy.headers().contains("x-old")).isFalse();
    assertThat(seen).contains("x-id[" + v2.take().header("x-request-id") + "]");
    assertThat(seen).doesNotContain("x-old");
    assertThat(copy.header("x-id")).isEqualTo(copy.header("x-request-id"));
    assertThat(answered.headers().all("x-told")).containsExactly(copy.header("x-request-id"));
    assertThat(answered.headers().all("x-set")).containsExactly("application");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/life/error-stream", "/life/dispatch-unread", "/life/throw-paged"})
  void headers_ofARoute_standOnceAfterEachDispatch(String path) throws Exception {
    start(
        routes(Route.to("v1").with("headers: {response: {set: {x-version: v1}, add: {x-a: b}}}")),
        LOCAL);

    RawAnswer answer = get(path);

    assertThat(answer.headers().all("x-version")).containsExactly("v1");
    assertThat(answer.headers().all("x-a")).containsExactly("b");
  }

  @Test
  void abort_ofAGrpcRequest_isAnsweredInItsWay() throws Exception {
    start(
        routes(
            Route.to("v1")
                .with("fault: {abort: {grpcStatus: UNAVAILABLE, percentage: {value: 100}}}")),
        LOCAL);

    RawAnswer answer =
        exchange(RawRequest.post("/bytes").header("Content-Type", "application/grpc").body("x"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().first("content-type")).hasValue("application/grpc");
    assertThat(answer.headers().first("grpc-status")).hasValue("14");
    assertThat(answer.text()).isEmpty();
  }

  /** Envoy would make one line of both, of which no client could tell the charset. */
  @ParameterizedTest
  @CsvSource({"/untyped, text/html", "/answer-headers, text/plain", "/typed-by-header, text/x"})
  void headers_typeThatARouteAdds_yieldsToTheApplications(String path, String type)
      throws Exception {
    start(
        routes(Route.to("v1").with("headers: {response: {add: {content-type: text/html}}}")),
        LOCAL);

    assertThat(get(path).headers().all("content-type"))
        .singleElement()
        .asString()
        .startsWith(type)
        .doesNotContain(",");
  }

  @Test
  void rules_thatAreWrongAtTheStart_leaveTheApplicationUnmirrored() throws Exception {
    RulesYaml.write(rulesFile, "kind: Nonsense");
    start(rulesFile.getParent(), Map.of("local", "httpbin/v1"));

    assertThat(get("/stream").status()).isEqualTo(200);

    mirrored().writeTo(rulesFile);
    TestBed.await("the rules are taken", () -> isMirrored("/stream"));
    settled();
    v2.drain();
  }
}
