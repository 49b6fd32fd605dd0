package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The walk-through, and which requests go where (SEMANTICS 1 and 2). */
abstract class RoutingContract extends GatewayFixture {
  RoutingContract(GatewayContract container) {
    super(container);
  }

  @Test
  void service_withoutVirtualService_isBalancedOverBothVersions() throws Exception {
    start(service());

    try (RawClient client = client()) {
      for (int i = 0; i < 40; i++) {
        RawAnswer answer = client.exchange(RawRequest.get("/headers").host("httpbin:8000"));
        assertThat(answer.text()).isIn("v1", "v2");
      }
    }

    assertThat(v1.waiting()).isPositive();
    assertThat(v2.waiting()).isPositive();
    assertThat(v1.drain().size() + v2.drain().size()).isEqualTo(40);
    assertThat(settled().considered()).isZero();
  }

  @Test
  void allToV1_withoutMirror_reachesV1Only() throws Exception {
    start(service().routes("httpbin", List.of("httpbin"), Route.to("v1")));

    RawAnswer answer = exchange(RawRequest.get("/headers").host("httpbin:8000"));

    assertThat(answer.text()).isEqualTo("v1");
    assertThat(v1.take().host()).isEqualTo("httpbin:8000");
    assertThat(settled().considered()).isZero();
  }

  @Test
  void allToV1_withMirror_reachesBothAndV1Answers() throws Exception {
    start(service().routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2", "100.0")));

    RawAnswer answer = exchange(RawRequest.get("/headers").host("httpbin:8000"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("v1");
    assertThat(v1.take().host()).isEqualTo("httpbin:8000");
    assertThat(v2.take().host()).isEqualTo("httpbin-shadow:8000");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void walkThrough_stepByStep_changesWhileItRuns() throws Exception {
    RawRequest request = RawRequest.get("/headers").host("httpbin:8000");
    start(service());
    RawClient client = client();
    Route toV1 = Route.to("v1");
    List<String> hosts = List.of("httpbin");

    service().routes("httpbin", hosts, toV1).writeTo(rulesFile);
    TestBed.await("all to v1", () -> allOf(client, request, 20, "v1"));
    drainBoth();

    service().routes("httpbin", hosts, toV1.mirror("v2", "100.0")).writeTo(rulesFile);
    TestBed.await("mirrored", () -> allOf(client, request, 1, "v1") && v2.waiting() > 0);
    settled();
    drainBoth();
    allOf(client, request, 10, "v1");
    assertThat(v2.take(10)).allMatch(copy -> copy.host().equals("httpbin-shadow:8000"));
    v1.take(10);

    service().writeTo(rulesFile);
    TestBed.await("balanced again", () -> !allOf(client, request, 20, "v1"));
    settled();
    drainBoth();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "httpbin",
        "HTTPBIN",
        "httpbin:8000",
        "httpbin.default",
        "httpbin.default.svc:8000",
        "httpbin.default.svc.cluster.local"
      })
  void host_inEachOfItsForms_findsTheService(String host) throws Exception {
    start(service().routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2")));

    assertThat(exchange(RawRequest.get("/").host(host)).status()).isEqualTo(200);

    assertThat(v1.take().host()).isEqualTo(host);
    v2.take();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void match_onForwardedProto_seesOursWhateverTheClientSays(String said) throws Exception {
    start(
        routes(
            Route.to("v2").match("headers: {x-forwarded-proto: {exact: https}}"),
            Route.to("v1").match("headers: {x-forwarded-proto: {exact: http}}")));

    assertThat(exchange(RawRequest.get("/").header("X-Forwarded-Proto", said)).text())
        .isEqualTo("v1");

    assertThat(v1.take().header("x-forwarded-proto")).isEqualTo("http");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connection",
        "keep-alive",
        "transfer-encoding",
        "te",
        "x-hop",
        "x-envoy-internal",
        "x-forwarded-client-cert"
      })
  void match_onALineThatGoesNoFurther_doesNotSeeIt(String name) throws Exception {
    start(
        routes(
            Route.to("v2").match("headers: {" + name + ": {}}"),
            Route.to("v1").match("withoutHeaders: {" + name + ": {}}")));

    RawAnswer answer =
        exchange(
            RawRequest.post("/")
                .header("Connection", "x-hop")
                .header("Keep-Alive", "timeout=5")
                .header("TE", "gzip")
                .header("x-hop", "1")
                .header("x-envoy-internal", "true")
                .header("x-forwarded-client-cert", "By=a")
                .chunked(bytes(10), 10));

    assertThat(answer.text()).isEqualTo("v1");
    v1.take();
  }

  @Test
  void match_onTe_seesTrailersAlone() throws Exception {
    start(routes(Route.to("v2").match("headers: {te: {exact: trailers}}"), Route.to("v1")));

    assertThat(exchange(RawRequest.get("/").header("TE", "gzip, trailers")).text()).isEqualTo("v2");
    assertThat(exchange(RawRequest.get("/").header("TE", "gzip")).text()).isEqualTo("v1");

    v1.take();
    v2.take();
  }

  @Test
  void host_thatNoDocumentNames_isAnswered404Empty() throws Exception {
    start(service().routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2")));

    RawClient client = client();
    RawAnswer answer = client.exchange(RawRequest.get("/").host("nobody.example"));

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.whole()).isTrue();
    assertThat(answer.body().length()).isZero();
    RawClient next = keepsAliveAfter(404) ? client : client();
    assertThat(next.exchange(RawRequest.get("/")).status()).isEqualTo(200);
    v1.take();
    v2.take();
    assertThat(settled().considered()).isEqualTo(1);
  }

  @Test
  void host_thatIsAbsent_isAnswered404() throws Exception {
    needs(Capability.ABSENT_HOST);
    start(mirrored());

    RawRequest bare = new RawRequest("GET", List.of("GET / HTTP/1.0"), new byte[0]);

    assertThat(exchange(bare).status()).isEqualTo(404);
    assertThat(settled().considered()).isZero();
  }

  @Test
  void path_thatNoRouteMatches_isAnswered404AndNotMirrored() throws Exception {
    start(routes(Route.to("v1").match("uri: {prefix: /in}").mirror("v2")));

    RawAnswer answer = get("/out");

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body().length()).isZero();
    assertThat(settled().considered()).isZero();
  }

  @Test
  void routes_thatBothMatch_firstOneStands() throws Exception {
    start(
        routes(
            Route.to("v2").match("uri: {exact: /two}", "headers: {x-version: {exact: two}}"),
            Route.to("v1")));

    assertThat(get("/two").text()).isEqualTo("v2");
    assertThat(get("/two/").text()).isEqualTo("v1");
    assertThat(exchange(RawRequest.get("/").header("X-Version", "two")).text()).isEqualTo("v2");
    assertThat(exchange(RawRequest.get("/").header("X-Version", "Two")).text()).isEqualTo("v1");
    v1.take(2);
    v2.take(2);
  }

  /** What the documents say is in UTF-8, and so is what most clients send. */
  @ParameterizedTest
  @ValueSource(strings = {"exact: Z\u00fcrich", "prefix: Z\u00fcr", "regex: 'Z.rich'"})
  void match_onAHeaderOutsideAscii_isOfItsBytes(String city) throws Exception {
    start(routes(Route.to("v2").match("headers: {x-city: {" + city + "}}"), Route.to("v1")));
    String utf8 =
        new String("Z\u00fcrich".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

    assertThat(exchange(RawRequest.get("/").header("X-City", utf8)).text()).isEqualTo("v2");
    assertThat(exchange(RawRequest.get("/").header("X-City", "Zurich")).text())
        .isEqualTo(city.startsWith("regex") ? "v2" : "v1");
    v1.drain();
    v2.drain();
  }

  @Test
  void options_ofNoPath_haveNoRoute() throws Exception {
    start(routes(Route.to("v1")));

    RawAnswer answer = exchange(RawRequest.of("OPTIONS", "*"));

    // Some containers answer it themselves.
    assertThat(answer.status()).isIn(200, 400, 404);
    assertThat(v1.drain()).isEmpty();
  }

  @Test
  void match_onMethodAndQuery_isJoinedByAnd() throws Exception {
    start(
        routes(
            Route.to("v2").match("{method: {exact: POST}, queryParams: {v: {regex: '[2-9]'}}}"),
            Route.to("v1")));

    assertThat(exchange(RawRequest.post("/?v=2").body("")).text()).isEqualTo("v2");
    assertThat(exchange(RawRequest.post("/?v=1").body("")).text()).isEqualTo("v1");
    assertThat(get("/?v=2").text()).isEqualTo("v1");
    v1.take(2);
    v2.take();
  }

  @Test
  void subset_thatNoDocumentDefines_isAnswered503AndNotMirrored() throws Exception {
    start(routes(Route.to("v9").mirror("v2")));

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.whole()).isTrue();
    assertThat(settled().considered()).isZero();
  }

  @Test
  void destination_thatNoServiceEntryDefines_isAnswered503AndNotMirrored() throws Exception {
    start(
        routes(
            new Route(List.of("route: [{destination: {host: nosuch.org, port: {number: 80}}}]"))
                .mirror("v2")));

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.whole()).isTrue();
    assertThat(settled().considered()).isZero();
  }

  @Test
  void mirror_thatNoServiceEntryDefines_isDroppedAndV1Answers() throws Exception {
    start(routes(Route.to("v1").with("mirror: {host: nosuch.org, port: {number: 80}}")));

    assertThat(get("/").text()).isEqualTo("v1");

    v1.take();
    assertThat(onlyOutcome()).isEqualTo("dropped UNKNOWN_CLUSTER");
  }

  @Test
  void uri_exact_isThePathWithoutItsQuery() throws Exception {
    start(routes(Route.to("v1").match("uri: {exact: /a}")));

    assertThat(get("/a?b=c").status()).isEqualTo(200);
    assertThat(get("/a/").status()).isEqualTo(404);
    assertThat(get("/A").status()).isEqualTo(404);

    assertThat(v1.take().target()).isEqualTo("/a?b=c");
  }

  @Test
  void mirror_toUnknownSubset_isDroppedAndV1Answers() throws Exception {
    start(routes(Route.to("v1").mirror("v9")));

    assertThat(get("/").text()).isEqualTo("v1");

    v1.take();
    assertThat(onlyOutcome()).isEqualTo("dropped UNKNOWN_CLUSTER");
  }

  @Test
  void weights_zeroAndHundred_sendNothingToZero() throws Exception {
    start(
        service()
            .routes(
                "httpbin",
                List.of("*"),
                new Route(
                    List.of(
                        "route:",
                        "- {destination: {host: httpbin, subset: v1}, weight: 100}",
                        "- {destination: {host: httpbin, subset: v2}, weight: 0}"))));

    RawClient client = client();
    assertThat(allOf(client, RawRequest.get("/"), 50, "v1")).isTrue();
    v1.take(50);
  }

  @Test
  void firstSet_thatIsBroken_failsTheDeployment() throws Exception {
    RulesYaml broken = routes(Route.to("v1").mirror("v2", "101"));

    assertThatThrownBy(() -> start(broken)).isInstanceOf(Exception.class);

    TestBed.await("no thread left", () -> espejoThreads().isEmpty());
  }

  @Test
  void rules_fromOneFile_areRead() throws Exception {
    mirrored().writeTo(rulesFile);
    start(rulesFile, Map.of());

    assertThat(get("/").text()).isEqualTo("v1");
    v1.take();
    v2.take();
  }

  private static boolean allOf(RawClient client, RawRequest request, int count, String text) {
    boolean all = true;
    try {
      for (int i = 0; i < count; i++) {
        RawAnswer answer = client.exchange(request);
        assertThat(answer.status()).isEqualTo(200);
        all &= answer.text().equals(text);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return all;
  }

  private void drainBoth() {
    v1.drain();
    v2.drain();
  }
}
