package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RulesYaml.Route;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a route does beside forwarding: it answers, rewrites, edits and admits other origins. */
abstract class RouteActionContract extends GatewayFixture {
  private static final String TO_BOTH =
      "[{destination: {host: httpbin, subset: v1}, weight: 1, headers:"
          + " {request: {set: {x-set: destination}, add: {x-add: destination}},"
          + " response: {set: {x-set: destination}}}},"
          + " {destination: {host: httpbin, subset: v2}, weight: 0}]";

  RouteActionContract(GatewayContract container) {
    super(container);
  }

  private static Route route(String... lines) {
    return new Route(List.of(lines));
  }

  @Test
  void redirect_namesTheNewPlaceAndKeepsTheQuery() throws Exception {
    start(
        routes(
            route(
                "redirect: {uri: /new, authority: example.org, redirectCode: 307}",
                "headers: {response: {set: {x-path: '%REQ(:path)%'}}}")));

    RawAnswer answer = get("/old?q=1");

    assertThat(answer.status()).isEqualTo(307);
    assertThat(answer.header("Location")).isEqualTo("http://example.org/new?q=1");
    assertThat(answer.header("x-path")).isEqualTo("/old?q=1");
    assertThat(answer.body().length()).isZero();
    assertThat(settled().considered()).isZero();
  }

  @Test
  void redirect_prefixRewrite_replacesTheMatchedPrefix() throws Exception {
    start(
        routes(
            route("match: [{uri: {prefix: /old}}]", "redirect: {prefixRewrite: /new}"),
            Route.to("v1")));

    RawAnswer answer = exchange(RawRequest.post("/old/a?q=1").host("httpbin:8000").body("body"));

    assertThat(answer.status()).isEqualTo(301);
    assertThat(answer.header("Location")).isEqualTo("http://httpbin:8000/new/a?q=1");
  }

  @Test
  void directResponse_answersWithItsBodyAndHeaders() throws Exception {
    start(
        routes(
            route(
                "directResponse: {status: 418, body: {string: \"tea\\n\"}}",
                "headers: {response: {add: {x-pot: short, set-cookie: a=b}}}",
                "mirror: {host: httpbin, subset: v2}")));

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(418);
    assertThat(answer.text()).isEqualTo("tea\n");
    assertThat(answer.header("Content-Type")).isEqualTo("text/plain");
    assertThat(answer.header("x-pot")).isEqualTo("short");
    assertThat(answer.header("Set-Cookie")).isEqualTo("a=b");
    assertThat(settled().considered()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 302, 304})
  void directResponse_ofAStatusThatMayHaveALocation_namesThePlace(int status) throws Exception {
    start(routes(route("directResponse: {status: " + status + "}")));

    RawAnswer answer = exchange(RawRequest.get("/a/./b?q=1").host("httpbin:8000"));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.header("Location")).isEqualTo("http://httpbin:8000/a/b?q=1");
  }

  @Test
  void directResponse_largerThanABuffer_isWhole() throws Exception {
    String body = "0123456789".repeat(100_000);
    start(routes(route("directResponse: {status: 200, body: {string: \"" + body + "\"}}")));

    RawClient client = client();
    for (int i = 0; i < 3; i++) {
      RawAnswer answer = client.exchange(RawRequest.get("/"));
      assertThat(answer.headers().all("Content-Length")).containsExactly("1000000");
      assertThat(answer.whole()).isTrue();
      assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(body.getBytes()));
    }
  }

  @Test
  void directResponse_bytes_areSentAsTheyAre() throws Exception {
    start(
        routes(
            route(
                "directResponse: {status: 201, body: {bytes: AAH/}}",
                "headers: {response: {set: {content-type: application/octet-stream}}}")));

    RawAnswer answer = get("/");

    assertThat(answer.status()).isEqualTo(201);
    assertThat(answer.text()).isEqualTo("\u0000\u0001\u00ff");
    assertThat(answer.header("Content-Type")).isEqualTo("application/octet-stream");
  }

  @Test
  void rewrite_uriAndAuthority_reachBothVersions() throws Exception {
    start(
        routes(
            Route.to("v1")
                .match("uri: {prefix: /foo}")
                .mirror("v2")
                .with("rewrite: {uri: /bar, authority: 'other.org:81'}")));

    exchange(RawRequest.get("/foobar?q=1").host("httpbin:8000"));

    RecordedRequest primary = v1.take();
    assertThat(primary.target()).isEqualTo("/barbar?q=1");
    assertThat(primary.host()).isEqualTo("other.org:81");
    assertThat(primary.header("x-envoy-original-path")).isEqualTo("/foobar?q=1");
    assertThat(primary.header("x-envoy-original-host")).isEqualTo("httpbin:8000");
    RecordedRequest copy = v2.take();
    assertThat(copy.target()).isEqualTo("/barbar?q=1");
    assertThat(copy.host()).isEqualTo("other.org-shadow:81");
    assertThat(copy.header("x-envoy-original-path")).isEqualTo("/foobar?q=1");
  }

  @Test
  void rewrite_uriRegex_substitutesItsGroups() throws Exception {
    start(
        routes(
            Route.to("v1")
                .with(
                    "rewrite: {uriRegexRewrite: {match: '^/a/([^/]+)/(.*)$', rewrite:"
                        + " '/\\2/\\1'}}")));

    get("/a/b/c/d?q=/a/b/c");

    assertThat(v1.take().target()).isEqualTo("/c/d/b?q=/a/b/c");
  }

  @Test
  void headers_ofRequest_areEditedForBothVersions() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with(
                    "headers: {request: {remove: [authorization], set: {x-set: 'was %REQ(x-set)%'},"
                        + " add: {x-add: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%'}}}")));

    exchange(
        RawRequest.get("/")
            .header("Authorization", "secret")
            .header("X-Set", "a")
            .header("X-Set", "b")
            .header("x-add", "c"));

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.headers().contains("authorization")).isFalse();
      assertThat(request.headers().all("x-set")).containsExactly("was a");
      assertThat(request.headers().all("x-add")).containsExactly("c", "127.0.0.1");
    }
  }

  @Test
  void headers_ofSeveralDestinations_routesSetWins() throws Exception {
    start(
        routes(
            route(
                "route: " + TO_BOTH,
                "headers: {request: {set: {x-set: 'route %REQ(x-set)%'}, add: {x-add: route}},"
                    + " response: {set: {x-set: route}}}")));

    RawAnswer answer = get("/");

    RecordedRequest request = v1.take();
    assertThat(request.headers().all("x-set")).containsExactly("route destination");
    assertThat(request.headers().all("x-add")).containsExactly("destination", "route");
    assertThat(answer.header("x-set")).isEqualTo("route");
  }

  @Test
  void headers_ofOneDestination_destinationsSetWins() throws Exception {
    start(
        routes(
            route(
                "route: [{destination: {host: httpbin, subset: v1}, headers: {request: {set:"
                    + " {x-set: destination, host: destination.org}}}}]",
                "headers: {request: {set: {x-set: route}}}")));

    get("/");

    RecordedRequest request = v1.take();
    assertThat(request.headers().all("x-set")).containsExactly("destination");
    assertThat(request.host()).isEqualTo("destination.org");
  }

  @Test
  void headers_ofAnswer_areEdited() throws Exception {
    v1.behave(
        Behaviour.answer(
            Answer.of(200)
                .header("Server", "v1")
                .header("x-a", "1")
                .header("x-a", "2")
                .body("v1")));
    start(
        routes(
            Route.to("v1")
                .with(
                    "headers: {response: {remove: [server], set: {x-a: '[%RESP(x-a)%]'}, add:"
                        + " {x-b: '%REQ(:path)%'}}}")));

    RawAnswer answer = get("/p?q");

    assertThat(answer.text()).isEqualTo("v1");
    assertThat(answer.headers().all("x-a")).containsExactly("[1]");
    assertThat(answer.headers().all("x-b")).containsExactly("/p?q");
    assertThat(answer.headers().all("server")).doesNotContain("v1");
    v1.take();
  }

  @Test
  void headers_addedToOnesOfOneLine_followAfterAComma() throws Exception {
    needs(Capability.OTHER_CONTENT_TYPE);
    v1.behave(Behaviour.answer(Answer.of(200).header("Content-Type", "text/html").body("v1")));
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with(
                    "headers: {request: {add: {user-agent: two, x-a: two}},"
                        + " response: {add: {content-type: text/plain, x-a: two}}}")));

    RawAnswer answer =
        exchange(RawRequest.get("/").header("User-Agent", "one").header("x-a", "one"));

    assertThat(answer.headers().all("content-type")).containsExactly("text/html,text/plain");
    assertThat(answer.header("x-a")).isEqualTo("two");
    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.headers().all("user-agent")).containsExactly("one,two");
      assertThat(request.headers().all("x-a")).containsExactly("one", "two");
    }
  }

  @Test
  void headers_ofAnswer_areEditedWhenTheGatewayAnswersForV1() throws Exception {
    start(
        routes(
            Route.to("v9")
                .with("rewrite: {uri: /new}")
                .with("headers: {response: {set: {x-a: 'here, %REQ(:path)%'}}}")));

    RawAnswer answer = get("/old");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("x-a")).isEqualTo("here, /old");
  }

  /** What Envoy 1.40 answered, asked. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "add: {content-type: application/json}|application/json",
        "set: {content-type: application/json}|application/json",
        "remove: [content-type]|text/plain",
        "add: {x-a: a}|text/plain"
      })
  void headers_ofAnswerGivenForV1_itsTypeIsOfItsTextIfNoneIsNamed(String edit, String type)
      throws Exception {
    String fault = "fault: {abort: {httpStatus: 418, percentage: {value: 100}}}";
    start(
        routes(
            Route.to("v9")
                .match("uri: {prefix: /nobody}")
                .with("headers: {response: {" + edit + "}}"),
            Route.to("v1").with(fault).with("headers: {response: {" + edit + "}}")));

    for (String path : List.of("/nobody", "/fault")) {
      RawAnswer answer = get(path);
      assertThat(answer.status()).isEqualTo(path.equals("/fault") ? 418 : 503);
      assertThat(answer.headers().all("content-type")).containsExactly(type);
    }
  }

  @Test
  void headers_ofAnswerGivenForV1ToGrpc_leaveWhatGrpcReads() throws Exception {
    start(
        routes(
            Route.to("v9")
                .with(
                    "headers: {response: {set: {content-type: text/html, grpc-status: '0'},"
                        + " remove: [grpc-message], add: {x-a: a}}}")));

    RawAnswer answer =
        exchange(RawRequest.post("/").header("Content-Type", "application/grpc").body("x"));

    assertThat(answer.headers().all("content-type")).containsExactly("application/grpc");
    assertThat(answer.headers().all("grpc-status")).containsExactly("14");
    assertThat(answer.header("grpc-message")).isNotEmpty();
    assertThat(answer.header("x-a")).isEqualTo("a");
  }

  @Test
  void directResponse_typeThatIsAdded_isTheOnlyOne() throws Exception {
    start(
        routes(
            route(
                "directResponse: {status: 200, body: {string: '{}'}}",
                "headers: {response: {add: {content-type: application/json}}}")));

    assertThat(get("/").headers().all("content-type")).containsExactly("application/json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"exact: /foo/x", "regex: '/f.*'"})
  void rewrite_uriOfAnExactOrRegexMatch_replacesThePathAndKeepsTheQuery(String uri)
      throws Exception {
    start(routes(Route.to("v1").match("uri: {" + uri + "}").with("rewrite: {uri: /bar}")));

    get("/foo/x?q=1");

    assertThat(v1.take().target()).isEqualTo("/bar?q=1");
  }

  @Test
  void headers_withCharactersOutsideAscii_areSentInUtf8() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("headers: {request: {set: {x-a: é}}, response: {set: {x-a: é}}}")));

    assertThat(get("/").header("x-a")).isEqualTo("\u00c3\u00a9");

    assertThat(v1.take().header("x-a")).isEqualTo("\u00c3\u00a9");
    assertThat(v2.take().header("x-a")).isEqualTo("\u00c3\u00a9");
  }

  private static Route cors(String more) {
    return Route.to("v1")
        .mirror("v2")
        .with(
            "corsPolicy: {allowOrigins: [{exact: 'http://a'}, {regex: 'http://[b-c]'}],"
                + " allowMethods: [GET, POST], allowHeaders: [x-a, x-b], exposeHeaders: [x-e],"
                + " maxAge: 1m, allowCredentials: true"
                + more
                + "}");
  }

  private static RawRequest preflight(String origin) {
    return RawRequest.of("OPTIONS", "/")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "GET");
  }

  @Test
  void corsPreflight_ofAnAllowedOrigin_isAnsweredHere() throws Exception {
    start(routes(cors("")));

    RawAnswer answer = exchange(preflight("http://b"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("access-control-allow-origin")).isEqualTo("http://b");
    assertThat(answer.header("access-control-allow-credentials")).isEqualTo("true");
    assertThat(answer.header("access-control-allow-methods")).isEqualTo("GET,POST");
    assertThat(answer.header("access-control-allow-headers")).isEqualTo("x-a,x-b");
    assertThat(answer.header("access-control-expose-headers")).isEqualTo("x-e");
    assertThat(answer.header("access-control-max-age")).isEqualTo("60");
    assertThat(settled().considered()).isZero();
  }

  @Test
  void corsPreflight_ifAllIsAllowed_isAnsweredWithWhatItAsksFor() throws Exception {
    start(
        routes(
            Route.to("v1")
                .with(
                    "corsPolicy: {allowOrigins: [{exact: '*'}], allowMethods: ['*'],"
                        + " allowHeaders: ['*']}")));

    RawAnswer answer =
        exchange(preflight("http://b").header("Access-Control-Request-Headers", "x-a, x-b"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("access-control-allow-methods")).isEqualTo("GET");
    assertThat(answer.header("access-control-allow-headers")).isEqualTo("x-a, x-b");
  }

  @Test
  void corsPreflight_whereAFaultAborts_getsTheFault() throws Exception {
    start(routes(cors("").with("fault: {abort: {httpStatus: 418, percentage: {value: 100}}}")));

    assertThat(exchange(preflight("http://b")).status()).isEqualTo(418);
  }

  @Test
  void corsPreflight_whereAFaultDelays_isAnsweredHere() throws Exception {
    start(routes(cors("").with("fault: {delay: {fixedDelay: 1ms, percentage: {value: 100}}}")));

    RawAnswer answer = exchange(preflight("http://b"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("access-control-allow-origin")).isEqualTo("http://b");
    assertThat(answer.headers().all("Content-Length")).containsExactly("0");
  }

  @Test
  void corsPreflight_ofAnotherOrigin_isForwardedUnlessIgnored() throws Exception {
    start(routes(cors("")));

    assertThat(exchange(preflight("http://z")).text()).isEqualTo("v1");

    assertThat(v1.take().method()).isEqualTo("OPTIONS");
    v2.take();
  }

  @Test
  void corsRequest_ofTwoOrigins_isOfNeither() throws Exception {
    start(routes(cors("")));

    RawRequest request = RawRequest.get("/").header("Origin", "http://a");
    RawAnswer answer = exchange(request.header("Origin", "http://a"));

    assertThat(answer.text()).isEqualTo("v1");
    assertThat(answer.headers().contains("access-control-allow-origin")).isFalse();
    v1.take();
    v2.take();
  }

  @Test
  void corsPreflight_ofAnotherOriginIfIgnored_isAnsweredWithNothing() throws Exception {
    start(routes(cors(", unmatchedPreflights: IGNORE")));

    RawAnswer answer = exchange(preflight("http://z"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().contains("access-control-allow-origin")).isFalse();
    assertThat(answer.body().length()).isZero();
  }

  @Test
  void corsRequest_ofAnAllowedOrigin_isForwardedAndTheAnswerNamesIt() throws Exception {
    v1.behave(
        Behaviour.answer(
            Answer.of(200).header("Access-Control-Allow-Origin", "http://v1").body("v1")));
    start(routes(cors("")));

    RawAnswer answer = exchange(RawRequest.get("/").header("Origin", "http://a"));

    assertThat(answer.text()).isEqualTo("v1");
    assertThat(answer.headers().all("access-control-allow-origin")).containsExactly("http://a");
    assertThat(answer.header("access-control-expose-headers")).isEqualTo("x-e");
    v1.take();
    v2.take();
  }
}
