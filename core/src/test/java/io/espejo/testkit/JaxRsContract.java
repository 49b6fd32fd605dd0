package io.espejo.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espejo.testkit.ApplicationContract.Application;
import io.espejo.testkit.RulesYaml.Route;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the feature does for resources of JAX-RS: it does no harm, and v2 receives what the client
 * sent. A runtime's test starts the resources of {@code io.espejo.it.jaxrs}, with the feature or
 * without.
 */
public abstract class JaxRsContract extends GatewayFixture {
  /** Everything is mirrored by the rules. */
  private static final String[] ALL = {"local", "httpbin/v1", "resources", "all"};

  /** Only what is annotated is. */
  private static final String[] ANNOTATED = {"local", "httpbin/v1"};

  /** How a resource may read an entity and see every byte of it. */
  private static final List<String> READING =
      List.of(
          "/string",
          "/bytes",
          "/stream",
          "/one-by-one",
          "/reader",
          "/echo",
          "/async",
          "/stage",
          "/async-reading",
          "/sse",
          "/throw",
          "/status",
          "/mapped",
          "/sub/string");

  /** Bytes of an answer that any runtime holds before it sends the first. */
  private static final int BUFFERED = 5_000;

  private static final List<String> FORMS = List.of("/form", "/map", "/form-param", "/bean-param");

  /** Without the feature: one for all tests of a runtime. */
  private static @Nullable Gateway bare;

  private final Application application;

  /** What a runtime may not have. */
  protected enum Lacking {
    /** Parts as {@code EntityPart}. */
    PARTS,
    /** Server-sent events. */
    EVENTS,
    /** Discovery in jars. */
    DISCOVERY,
    /** A servlet container. */
    SERVLET,
    /** Answers of other threads. */
    ASYNC,
    /** Features that are asked of what a locator gives. */
    SUB_RESOURCES,
    /** Two instances of one feature. */
    TWICE,
    /** Response filters for exceptions that no mapper takes, or an end that it tells of. */
    UNMAPPED,
    /** Forms that it reads by itself where no charset is named. */
    FORMS_WITHOUT_CHARSET,
    /** A type that a response filter gives an entity. */
    OTHER_TYPE,
    /** Forms that it reads by itself wherever the entity comes from. */
    FORMS,
    /** A stream that tells of what is here before it is read. */
    AVAILABLE,
    /** A stream that tells of what is here once some of it was read. */
    AVAILABLE_REST,
    /** A read that ends when the client leaves. */
    CUT,
    /** An answer that comes as it is written. */
    FLUSH,
    /** An answer that comes before its request was read. */
    DUPLEX,
    /** A request that is read on when some KiB of its answer were written. */
    READING_ON,
    /** An answer of a length that ends before it with the connection. */
    BROKEN_LENGTH,
    /** An answer in chunks that ends without the last one. */
    BROKEN_CHUNKS
  }

  protected JaxRsContract(Application application) {
    super(
        new GatewayContract() {
          @Override
          protected Gateway start(Path rules, Map<String, String> settings) throws Exception {
            return application.start(Optional.of(rules), settings);
          }

          @Override
          protected Gateway startHttp2(Path rules, Map<String, String> settings) throws Exception {
            return start(rules, settings);
          }
        });
    this.application = application;
  }

  /** What the runtime has not, with the reason. */
  protected Map<Lacking, String> lacking() {
    return Map.of();
  }

  private void needs(Lacking what) {
    assumeTrue(!lacking().containsKey(what), () -> what + ": " + lacking().get(what));
  }

  private List<String> reading(int length) {
    List<String> paths = new ArrayList<>(READING);
    if (lacking().containsKey(Lacking.READING_ON) && length > BUFFERED) {
      paths.remove("/echo");
    }
    if (lacking().containsKey(Lacking.EVENTS)) {
      paths.remove("/sse");
    }
    if (lacking().containsKey(Lacking.ASYNC)) {
      paths.removeAll(List.of("/async", "/async-reading", "/stage"));
    }
    if (lacking().containsKey(Lacking.SUB_RESOURCES)) {
      paths.remove("/sub/string");
    }
    return paths;
  }

  /** What the application answers without the feature. */
  private RawAnswer bare(RawRequest request) throws Exception {
    Gateway started = bare;
    if (started == null) {
      started = application.start(Optional.empty(), Map.of());
      bare = started;
    }
    return RawClient.once(started.port(), request);
  }

  /** Whether the runtime answers without the feature before any of the entity is there. */
  private boolean answersHeadOf(RawRequest request) throws Exception {
    bare(RawRequest.get("/plain"));
    try (RawClient client = RawClient.to(bare.port())) {
      client.sendHead(request);
      return client.read().status() == 200;
    } catch (AssertionError nothingCame) {
      return false;
    }
  }

  @AfterAll
  static void closeBare() throws Exception {
    Gateway started = bare;
    bare = null;
    if (started != null) {
      started.close();
    }
  }

  private static void assertSame(RawAnswer answer, RawAnswer expected) {
    assertThat(comparable(answer)).isEqualTo(comparable(expected));
    assertThat(answer.whole()).isEqualTo(expected.whole());
    if (expected.status() != 500) {
      assertThat(answer.body().hash()).isEqualTo(expected.body().hash());
    }
  }

  private static List<String> comparable(RawAnswer answer) {
    List<String> lines = new ArrayList<>(answer.head());
    lines.removeIf(line -> line.regionMatches(true, 0, "date:", 0, 5));
    return lines;
  }

  private RecordedRequest taken(String path) {
    try {
      return v2.take();
    } catch (AssertionError none) {
      throw new AssertionError(path + ": " + gateway().outcomes(), none);
    }
  }

  private static RawRequest text(String path) {
    return RawRequest.post(path).header("Content-Type", "text/plain;charset=ISO-8859-1");
  }

  private static RawRequest form(String path, String body) {
    return RawRequest.post(path)
        .header("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
        .body(body);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5_000, 300_000})
  void entity_readInAnyWay_isAnsweredAsWithoutFeatureAndWholeAtV2(int length) throws Exception {
    start(mirrored(), ALL);
    for (String path : reading(length)) {
      RawRequest request = text(path).body(bytes(length));

      RawAnswer answer = exchange(request);

      assertSame(answer, bare(request));
      RecordedRequest copy = taken(path);
      assertThat(copy.requestLine()).isEqualTo("POST " + path + " HTTP/1.1");
      assertThat(copy.host()).isEqualTo("httpbin-shadow");
      assertThat(copy.whole()).as(path + " " + describe(settled())).isTrue();
      assertThat(copy.body().hash()).as(path).isEqualTo(RecordedBody.hashOf(bytes(length)));
      assertThat(copy.framing()).isEqualTo(Framing.LENGTH);
      assertThat(copy.header("content-type")).isEqualTo("text/plain;charset=ISO-8859-1");
    }
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 300_000})
  void chunkedEntity_readInAnyWay_isChunkedAtV2(int length) throws Exception {
    start(mirrored(), ALL);
    for (String path : reading(length)) {
      RawRequest request = text(path).chunked(bytes(length), 7_000);

      RawAnswer answer = exchange(request);

      assertSame(answer, bare(request));
      RecordedRequest copy = taken(path);
      assertThat(copy.whole()).as(path + " " + describe(settled())).isTrue();
      assertThat(copy.body().hash()).as(path).isEqualTo(RecordedBody.hashOf(bytes(length)));
      assertThat(copy.framing()).as(path).isEqualTo(Framing.CHUNKED);
    }
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @Test
  void answer_thatBeginsBeforeItsRequestWasRead_comesAsItIsWritten() throws Exception {
    needs(Lacking.DUPLEX);
    start(mirrored(), ALL);
    byte[] entity = bytes(300_000);
    RawClient client = client();

    client.sendHead(text("/echo").body(entity)).write(Arrays.copyOf(entity, 150_000));
    assertThat(client.readHead().get(0)).startsWith("HTTP/1.1 200");
    String first = client.readChunk();
    client.write(Arrays.copyOfRange(entity, 150_000, 300_000));
    StringBuilder answer = new StringBuilder(first);
    while (answer.length() < entity.length) {
      client.readText("\r\n".length());
      answer.append(client.readChunk());
    }

    assertThat(answer.toString()).isEqualTo(new String(entity, ISO_8859_1));
    assertThat(taken("/echo").body().hash()).isEqualTo(RecordedBody.hashOf(entity));
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void get_isAnsweredByTheResourceAndCopied() throws Exception {
    start(mirrored(), ALL);
    RawRequest request = RawRequest.get("/plain?a=1&b=%2F").header("X-A", "1").header("X-A", "2");

    assertSame(exchange(request), bare(request));

    RecordedRequest copy = v2.take();
    assertThat(copy.requestLine()).isEqualTo("GET /plain?a=1&b=%2F HTTP/1.1");
    assertThat(copy.headers().all("x-a")).containsExactly("1", "2");
    assertThat(copy.header("x-espejo-mirror")).isEqualTo("espejo");
    if (!lacking().containsKey(Lacking.SERVLET)) {
      assertThat(copy.header("x-forwarded-for")).isEqualTo("127.0.0.1");
    }
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void request_ofTheResource_gainsNoHeader() throws Exception {
    start(mirrored(), ALL);
    RawRequest request = RawRequest.get("/headers").header("X-A", "1");

    assertSame(exchange(request), bare(request));

    v2.take();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=1&b=%C3%A9+x&c=&a=2", "b=2&a=1&&x", "a=x"})
  void form_readInAnyWay_isTheClientsBytesAtV2(String body) throws Exception {
    start(mirrored(), ALL);
    for (String path : FORMS) {
      RawRequest request = form(path + "?a=q&z=0", body);

      assertSame(exchange(request), bare(request));

      if (!lacking().containsKey(Lacking.FORMS)) {
        RecordedRequest copy = v2.take();
        assertThat(copy.body().text()).as(path).isEqualTo(body);
        assertThat(copy.headers().contains("x-espejo-rebuilt")).isFalse();
      }
    }
    assertThat(describe(settled()))
        .isEqualTo(lacking().containsKey(Lacking.FORMS) ? "dropped UNREAD" : "completed 2");
  }

  /** Where the runtime cannot show both of us the entity, it is the resource that has it. */
  @ParameterizedTest
  @CsvSource({
    "/servlet/stream, text/plain, hello",
    "/servlet/reader, text/plain, hello",
    "/servlet/parameter, application/x-www-form-urlencoded;charset=UTF-8, a=1&b=2",
    "/servlet/parameter, application/x-www-form-urlencoded, a=1&b=2"
  })
  void entity_readFromTheServletRequest_isAnsweredAsWithoutFeature(
      String path, String type, String entity) throws Exception {
    needs(Lacking.SERVLET);
    start(mirrored(), ALL);
    RawRequest request = RawRequest.post(path).header("Content-Type", type).body(entity);

    assertSame(exchange(request), bare(request));

    settled();
    assertThat(v2.drain())
        .filteredOn(RecordedRequest::whole)
        .allSatisfy(copy -> assertThat(copy.body().text()).isEqualTo(entity));
  }

  @Test
  void form_ofNoCharset_isReadAsWithoutFeature() throws Exception {
    start(mirrored(), ALL);
    boolean copied = !lacking().containsKey(Lacking.FORMS_WITHOUT_CHARSET);
    for (String path : FORMS) {
      RawRequest request =
          RawRequest.post(path + "?a=q")
              .header("Content-Type", "application/x-www-form-urlencoded")
              .body("a=1&b=%C3%A9+x");

      assertSame(exchange(request), bare(request));

      if (copied) {
        assertThat(v2.take().body().text()).as(path).isEqualTo("a=1&b=%C3%A9+x");
      }
    }
    assertThat(describe(settled())).isEqualTo(copied ? "completed 2" : "dropped UNREAD");
    assertThat(settled().considered()).isEqualTo(FORMS.size());
  }

  @Test
  void parts_areTheClientsBytesAtV2() throws Exception {
    needs(Lacking.PARTS);
    start(mirrored(), ALL);
    String body =
        """
        --b0und
        Content-Disposition: form-data; name="text"

        hello
        --b0und
        Content-Disposition: form-data; name="file"; filename="f.bin"
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
            .body(body);

    RawAnswer answer = exchange(request);

    assertThat(answer.text()).isEqualTo("text=5 file=20000 ");
    assertSame(answer, bare(request));
    assertThat(v2.take().body().text()).isEqualTo(body);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void entity_ofATypeThatIsReadToItsBrace_isWholeAtV2() throws Exception {
    start(mirrored(), ALL);
    RawRequest request = text("/pojo").body("{a: 1}\n\n");

    assertSame(exchange(request), bare(request));

    assertThat(v2.take().body().text()).isEqualTo("{a: 1}\n\n");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nothing", "/some", "/silent", "/throw-unread"})
  void entity_thatTheResourceLeaves_isCopiedWhenItIsHere(String path) throws Exception {
    if (path.equals("/throw-unread")) {
      needs(Lacking.UNMAPPED);
    }
    start(mirrored(), ALL);
    RawRequest request = text(path).body(bytes(2_000));

    assertSame(exchange(request), bare(request));

    Lacking needed = path.equals("/some") ? Lacking.AVAILABLE_REST : Lacking.AVAILABLE;
    if (lacking().containsKey(needed)) {
      assertThat(onlyOutcome()).isIn("dropped UNREAD", "failed UNREAD");
      assertThat(allAtV2()).noneMatch(RecordedRequest::whole);
      return;
    }
    RecordedRequest copy = v2.take();
    assertThat(copy.whole()).isTrue();
    assertThat(copy.body().hash()).isEqualTo(RecordedBody.hashOf(bytes(2_000)));
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void entity_thatIsNeverRead_isNotWaitedFor() throws Exception {
    RawRequest head = text("/nothing").header("Content-Length", "1000");
    assumeTrue(answersHeadOf(head), "the runtime itself waits for the entity");
    start(mirrored(), ALL);
    RawClient client = client();

    client.sendHead(head);
    RawAnswer answer = client.read();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(onlyOutcome()).isEqualTo("dropped UNREAD");
  }

  @Test
  void entity_thatIsCutShort_isNeverWholeAtV2() throws Exception {
    needs(Lacking.CUT);
    start(mirrored(), ALL);
    RawClient client = client();
    client.sendHead(text("/stream").header("Content-Length", "50000")).write(bytes(20_000));
    assertThat(v2Connected()).isTrue();

    client.reset();

    assertCopyCut();
  }

  private boolean v2Connected() {
    TestBed.await("v2 has some of it", () -> v2.bodyBytes() > 0);
    return true;
  }

  @Test
  void v2_thatMisbehaves_isNotNoticed() throws Exception {
    start(
        mirrored(),
        "local",
        "httpbin/v1",
        "resources",
        "all",
        "shadow.answerTimeout",
        "300ms",
        "shadow.bodyTimeout",
        "300ms",
        "shadow.maxLagBytes",
        "32768",
        "shadow.failuresToPause",
        "1000000");
    List<String> reading = reading(70_000);
    for (Behaviour behaviour :
        List.of(
            Behaviour.neverAnswer(),
            Behaviour.hangAfterHead(),
            Behaviour.resetInsteadOfAnswer(),
            Behaviour.say("nonsense\r\n\r\n"))) {
      v2.behave(behaviour);
      for (String path : reading) {
        RawRequest request = text(path).body(bytes(70_000));
        assertSame(exchange(request), bare(request));
      }
      for (String path : FORMS) {
        RawRequest request = form(path, "a=1&b=2");
        assertSame(exchange(request), bare(request));
      }
    }
    int perBehaviour = reading.size() + FORMS.size();
    assertThat(settled().considered()).isEqualTo(4L * perBehaviour);
    assertThat(settled().completed(2)).isZero();
    v2.close();
    v2.drain();
  }

  @Test
  void resource_withoutAnnotation_isNotMirrored() throws Exception {
    start(mirrored(), ANNOTATED);

    assertThat(exchange(text("/string").body("abc")).status()).isEqualTo(200);
    assertThat(get("/annotated/plain").text()).isEqualTo("plain");

    assertThat(gateway().outcomes().considered()).isZero();
  }

  @Test
  void resource_withAnnotation_isMirroredByTheRules() throws Exception {
    start(
        routes(Route.to("v1").match("headers: {x-plain: {}}"), Route.to("v1").mirror("v2")),
        ANNOTATED);

    assertThat(exchange(text("/annotated/rules").header("x-plain", "").body("abc")).text())
        .isEqualTo("rules 3");
    assertThat(gateway().outcomes().considered()).isZero();
    assertThat(exchange(text("/annotated/rules").body("abc")).text()).isEqualTo("rules 3");

    assertThat(v2.take().body().text()).isEqualTo("abc");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void subResource_withAnnotation_isMirrored() throws Exception {
    needs(Lacking.SUB_RESOURCES);
    start(mirrored(), ANNOTATED);

    assertThat(exchange(text("/sub/string").body("abc")).text()).isEqualTo("sub 3");
    assertThat(exchange(text("/sub/mirrored").body("abc")).text()).isEqualTo("sub 3");

    assertThat(v2.take().target()).isEqualTo("/sub/mirrored");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"httpbin/v1", ""})
  void annotation_withValues_isARuleByItself(String local) throws Exception {
    start(routes(Route.to("v1")), "local", local);

    assertThat(exchange(text("/annotated/own").body("abc")).text()).isEqualTo("own 3");
    assertThat(v2.take().body().text()).isEqualTo("abc");
    assertThat(get("/annotated/elsewhere").text()).isEqualTo("elsewhere");
    assertThat(v2.take().target()).isEqualTo("/annotated/elsewhere");
    assertThat(get("/annotated-class").text()).isEqualTo("all");
    assertThat(v2.take().host()).isEqualTo("httpbin-shadow");
    assertThat(describe(settled())).isEqualTo("completed 2");
    assertThat(settled().considered()).isEqualTo(3);
  }

  @Test
  void annotation_withAShare_isSampled() throws Exception {
    start(routes(Route.to("v1")), ANNOTATED);

    assertThat(get("/annotated/none").text()).isEqualTo("none");
    assertThat(get("/annotated-class/none").text()).isEqualTo("none");

    assertThat(describe(settled())).isEqualTo("sampled out");
    assertThat(settled().considered()).isEqualTo(2);
  }

  @Test
  void annotation_ofASubsetThatNoDocumentDefines_isDroppedAndCounted() throws Exception {
    start(routes(Route.to("v1")), ANNOTATED);

    assertThat(get("/annotated/unknown").text()).isEqualTo("unknown");

    assertThat(onlyOutcome()).isEqualTo("dropped UNKNOWN_CLUSTER");
  }

  @Test
  void annotation_whoseRulesChange_goesWhereTheySay() throws Exception {
    start(routes(Route.to("v1")), ANNOTATED);
    assertThat(exchange(text("/annotated/own").body("abc")).text()).isEqualTo("own 3");
    v2.take();
    RecordingOrigin next = bed.origin("next");

    gateway()
        .apply(RulesYaml.of().service("httpbin", 8000, Map.of("v1", v1.port(), "v2", next.port())));

    assertThat(exchange(text("/annotated/own").body("abc")).text()).isEqualTo("own 3");
    assertThat(next.take().body().text()).isEqualTo("abc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"percentage", "subset", "below"})
  void annotation_thatIsWrong_failsTheStartNamingClassAndMethod(String wrong) throws Exception {
    String named =
        Map.of(
                "percentage",
                "WrongPercentage.get: percentage: 100.5 (expected: 0..100)",
                "subset",
                "WrongSubset.get: no host (expected: the service that gets the copies)",
                "below",
                "WrongBelow$Below.get: host: - (expected: a host as in httpbin or"
                    + " httpbin.default.svc.cluster.local)")
            .get(wrong);

    assertThatThrownBy(() -> start(mirrored(), "local", "httpbin/v1", "wrong", wrong))
        .satisfies(failure -> assertThat(messages(failure)).contains(named));
  }

  private static String messages(Throwable failure) {
    StringBuilder messages = new StringBuilder();
    for (Throwable each = failure; each != null; each = each.getCause()) {
      messages.append(each.getMessage()).append('\n');
    }
    return messages.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"twice", "discovered", "filter"})
  void feature_foundInMoreThanOneWay_actsOnce(String how) throws Exception {
    if (how.equals("twice")) {
      needs(Lacking.TWICE);
    } else {
      needs(Lacking.DISCOVERY);
      needs(Lacking.SERVLET);
    }
    start(mirrored(), "local", "httpbin/v1", "resources", "all", "feature", how);

    assertThat(exchange(text("/string").body("abc")).status()).isEqualTo(200);
    assertThat(v2.take().body().text()).isEqualTo("abc");
    assertThat(exchange(text("/annotated/own").body("abc")).status()).isEqualTo(200);
    assertThat(v2.take().body().text()).isEqualTo("abc");

    assertThat(settled().considered()).isEqualTo(2);
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @Test
  void headers_thatARouteEdits_areSoForTheResourceAndItsClient() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with(
                    "headers:",
                    "  request: {set: {x-set: route}, remove: [x-gone]}",
                    "  response: {set: {x-answer: route}}")),
        ALL);

    RawAnswer answer =
        exchange(RawRequest.get("/headers").header("x-set", "client").header("x-gone", "1"));

    assertThat(answer.text().toLowerCase(Locale.ROOT))
        .contains("x-set=[route]")
        .doesNotContain("x-gone");
    assertThat(answer.headers().all("x-answer")).containsExactly("route");
    assertThat(v2.take().header("x-set")).isEqualTo("route");
  }

  @Test
  void headers_typeThatARouteAdds_yieldsToTheResources() throws Exception {
    start(
        routes(Route.to("v1").with("headers: {response: {add: {content-type: text/html}}}")), ALL);

    assertThat(get("/plain").headers().all("content-type"))
        .singleElement()
        .asString()
        .startsWith("text/plain")
        .doesNotContain("html");
  }

  @Test
  void headers_typeThatARouteSets_isTheAnswers() throws Exception {
    needs(Lacking.OTHER_TYPE);
    start(
        routes(Route.to("v1").with("headers: {response: {set: {content-type: text/html}}}")), ALL);

    assertThat(get("/plain").headers().all("content-type"))
        .singleElement()
        .asString()
        .startsWith("text/html");
  }

  @Test
  void route_toAnotherDestination_isProxied() throws Exception {
    start(routes(Route.to("v2").match("headers: {x-next: {}}"), Route.to("v1").mirror("v2")), ALL);

    RawAnswer answer = exchange(text("/string").header("x-next", "").body("abc"));

    assertThat(answer.text()).isEqualTo("v2");
    assertThat(v2.take().body().text()).isEqualTo("abc");
  }

  @Test
  void rules_thatAreWrong_leaveTheApplicationAsItIs() throws Exception {
    RulesYaml.write(rulesFile, "kind: [");
    start(rulesFile.getParent(), Map.of("local", "httpbin/v1", "resources", "all"));

    assertThat(get("/plain").text()).isEqualTo("plain");
  }

  /** A gateway in place of any resource. */
  private void startGateway(RulesYaml rules, String... settings) throws Exception {
    List<String> all = new ArrayList<>(List.of("feature", "gateway"));
    all.addAll(List.of(settings));
    start(rules, all.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5_000, 3_000_000})
  void gateway_passesBothBodiesOn(int length) throws Exception {
    startGateway(mirrored(), "shadow.maxLagBytes", "10000000");
    v1.behave(
        Behaviour.answer(
            Answer.of(200)
                .header("X-From", "v1")
                .header("Content-Type", "a/b")
                .body(bytes(length))));
    for (RawRequest request :
        List.of(
            text("/plain?a=%2F").body(bytes(length)),
            text("/nowhere").chunked(bytes(length), 9_000))) {
      RawAnswer answer = exchange(request);

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("X-From")).isEqualTo("v1");
      assertThat(answer.header("Content-Type")).isEqualTo("a/b");
      assertThat(answer.whole()).isTrue();
      assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(bytes(length)));
      RecordedRequest received = v1.take();
      RecordedRequest copy = v2.take();
      assertThat(received.whole()).isTrue();
      assertThat(received.body().hash()).isEqualTo(RecordedBody.hashOf(bytes(length)));
      assertThat(copy.body().hash()).isEqualTo(RecordedBody.hashOf(bytes(length)));
      assertThat(copy.target()).isEqualTo(received.target());
      assertThat(copy.framing()).isEqualTo(received.framing());
    }
    assertThat(describe(settled())).isEqualTo("completed 2");
  }

  @Test
  void gateway_answersWhatNoRouteIsForAndWhereV1IsNot() throws Exception {
    startGateway(
        RulesYaml.of()
            .service("httpbin", 8000, Map.of("v1", RecordingOrigin.refusingPort(), "v2", v2.port()))
            .routes("httpbin", List.of("*"), Route.to("v1").match("uri: {prefix: /plain}")));

    assertThat(get("/nowhere").status()).isEqualTo(404);
    assertThat(get("/plain").status()).isEqualTo(503);
  }

  @ParameterizedTest
  @ValueSource(ints = {204, 304, 404, 418, 500})
  void gateway_passesEveryStatusOn(int status) throws Exception {
    startGateway(mirrored());
    Answer answer = Answer.of(status).header("X-From", "v1").header("Content-Type", "a/b");
    v1.behave(Behaviour.answer(status == 204 || status == 304 ? answer : answer.body("of v1")));

    RawAnswer got = get("/plain");

    assertThat(got.status()).isEqualTo(status);
    assertThat(got.header("X-From")).isEqualTo("v1");
    assertThat(got.text()).isEqualTo(status == 204 || status == 304 ? "" : "of v1");
    v1.take();
    v2.take();
  }

  @Test
  void gateway_passesAnAnswerOnAsItComes() throws Exception {
    needs(Lacking.FLUSH);
    startGateway(mirrored());
    v1.behave(
        Behaviour.hangInAnswer(
            Answer.of(200).header("Content-Type", "a/b").body("first and last"), 5));
    RawClient client = client();

    client.send(RawRequest.get("/plain"));

    List<String> head = client.readHead();
    assertThat(head.get(0)).startsWith("HTTP/1.1 200");
    boolean chunked = String.join("\n", head).toLowerCase(Locale.ROOT).contains("chunked");
    assertThat(client.readText(chunked ? "5\r\nfirst".length() : 5)).endsWith("first");
    v1.close();
    v1.take();
    v2.take();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gateway_whoseV1BreaksOff_isSeenToDoSo(boolean chunked) throws Exception {
    needs(chunked ? Lacking.BROKEN_CHUNKS : Lacking.BROKEN_LENGTH);
    startGateway(mirrored());
    Answer whole = Answer.of(200).header("Content-Type", "a/b").body(bytes(200_000));
    v1.behave(Behaviour.closeInAnswer(chunked ? whole.chunked() : whole, 100_000));

    RawAnswer answer = get("/plain");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.whole()).isFalse();
    v1.take();
    v2.take();
  }

  @Test
  void gateway_whoseClientLeaves_cutsTheCopy() throws Exception {
    needs(Lacking.CUT);
    startGateway(mirrored());
    RawClient client = client();
    client.sendHead(text("/plain").header("Content-Length", "50000")).write(bytes(20_000));
    TestBed.await("v2 has some of it", () -> v2.bodyBytes() > 0);

    client.reset();

    assertCopyCut();
    assertThat(v1.take().whole()).isFalse();
  }
}
