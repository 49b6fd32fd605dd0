package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.CorsPolicy;
import io.espejo.route.DirectResponse;
import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits.Line;
import io.espejo.route.PathRewrite;
import io.espejo.route.Redirect;
import io.espejo.route.Rewrite;
import io.espejo.route.Route;
import io.espejo.route.TextMatch;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Redirects, direct answers, rewrites, header edits and cors, as documents say them. */
class RouteActionRulesTest {
  @Test
  void redirect_withoutCode_is301() throws Exception {
    Redirect redirect = redirect("redirect: {uri: /new, authority: a.org, scheme: https}");
    assertThat(redirect.status()).isEqualTo(301);
    assertThat(redirect.path()).isEqualTo("/new");
    assertThat(redirect.authority()).isEqualTo("a.org");
    assertThat(redirect.scheme()).isEqualTo("https");
    assertThat(redirect.port()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void redirectCode_thatEnvoyKnows_isTaken(int code) throws Exception {
    assertThat(redirect("redirect: {uri: /a, redirectCode: " + code + "}").status())
        .isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({
    "port: 80, 0",
    "port: 443, 443",
    "'scheme: https, port: 443', 0",
    "'scheme: https, port: 80', 80",
    "port: 9999, 9999",
    "derivePort: FROM_REQUEST_PORT, 8000",
    "derivePort: FROM_PROTOCOL_DEFAULT, 0"
  })
  void redirect_portOrDerivePort_elidesTheSchemesOwn(String fields, int port) throws Exception {
    assertThat(redirect("redirect: {" + fields + "}").port()).isEqualTo(port);
  }

  @Test
  void redirect_prefixRewrite_knowsThePrefixOfEachMatch() throws Exception {
    String text =
        Texts.virtualService(
            """
            - match: [{uri: {prefix: /a}}, {uri: {prefix: /long}}, {method: {exact: GET}}]
              redirect: {prefixRewrite: /new}
            """);
    assertThat(routes(text))
        .extracting(route -> ((Redirect) route.action()).rewrite().orElseThrow())
        .containsExactly(
            new PathRewrite.Prefix(2, "/new"),
            new PathRewrite.Prefix(5, "/new"),
            new PathRewrite.Prefix(1, "/new"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redirect: {}|redirect: nothing to change (expected: uri, authority, scheme or port)",
        "redirect: {uri: ''}|redirect: nothing to change (expected: uri, authority, scheme or port)",
        "redirect: {uri: /a, prefixRewrite: /b}|redirect: uri beside prefixRewrite (expected: one"
            + " of them)",
        "redirect: {uri: /a, redirectCode: 200}|redirect.redirectCode: 200 (expected: 301, 302, 303,"
            + " 307 or 308)",
        "redirect: {uri: /a, redirectCode: 304}|redirect.redirectCode: 304 (expected: 301, 302, 303,"
            + " 307 or 308)",
        "redirect: {scheme: ftp}|redirect.scheme: ftp (expected: http or https)",
        "redirect: {port: 65536}|redirect.port: 65536 (expected: 0..65535)",
        "redirect: {derivePort: NONE}|redirect.derivePort: NONE (expected: FROM_PROTOCOL_DEFAULT or"
            + " FROM_REQUEST_PORT)",
        "directResponse: {status: 199}|directResponse.status: 199 (expected: 200..599)",
        "directResponse: {}|directResponse.status: missing (expected: 200..599)",
        "directResponse: {status: 200, body: {bytes: '*'}}|directResponse.body.bytes: not Base64",
        "directResponse: {status: 200, body: {bytes: YQ}}|directResponse.body.bytes: not Base64",
        "directResponse: {status: 200, body: {bytes: AAH_}}|directResponse.body.bytes: not Base64",
        "directResponse: {status: 600}|directResponse.status: 600 (expected: 200..599)",
      })
  void redirectOrDirectResponse_malformed_isRefused(String action, String message) {
    assertThat(Texts.refusal(Texts.virtualService("- " + action)))
        .singleElement()
        .asString()
        .endsWith(": spec.http[0]." + message);
  }

  @Test
  void redirectPrefixRewrite_onAnotherMatchThanPrefix_isRefused() {
    assertThat(
            Texts.refusal(
                Texts.virtualService(
                    "- match: [{uri: {exact: /a}}]\n  redirect: {prefixRewrite: /b}")))
        .singleElement()
        .asString()
        .endsWith("redirect: prefixRewrite, but not all matches on uri are prefixes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redirect: {uri: /a}, route: [{destination: {host: httpbin}}]|route beside redirect",
        "redirect: {uri: /a}, rewrite: {uri: /b}|rewrite beside redirect",
        "redirect: {uri: /a}, directResponse: {status: 200}|directResponse beside redirect",
        "directResponse: {status: 200}, route: [{destination: {host: httpbin}}]|route beside"
            + " directResponse",
        "directResponse: {status: 200}, rewrite: {uri: /b}|rewrite beside directResponse",
        "delegate: {name: a}, route: [{destination: {host: httpbin}}]|route beside delegate",
        "delegate: {name: a}, redirect: {uri: /a}|redirect beside delegate",
        "redirect: {uri: /a}, fault: {abort: {httpStatus: 500}}|fault beside redirect",
        "directResponse: {status: 200}, fault: {abort: {httpStatus: 500}}|fault beside"
            + " directResponse",
      })
  void actions_besideEachOther_areRefused(String fields, String message) {
    assertThat(Texts.refusal(Texts.virtualService("- {" + fields + "}")))
        .singleElement()
        .asString()
        .endsWith(": spec.http[0]: " + message + " (expected: one of them)");
  }

  @Test
  void action_absent_isRefused() {
    assertThat(Texts.refusal(Texts.virtualService("- {name: a}")))
        .containsExactly(
            "a.yaml:9:5: spec.http[0].route: missing (expected: route, redirect, directResponse or"
                + " delegate)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weight: 1|destination: missing (expected: a host)",
        "destination: {host: '*'}|destination.host: \"*\" (expected: a DNS name)",
        "destination: {host: a, port: {number: 0}}|destination.port.number: 0 (expected: 1..65535)",
        "destination: {host: a, port: {}}|destination.port.number: missing (expected: 1..65535)",
      })
  void destination_missingOrMalformed_isRefused(String fields, String message) {
    assertThat(Texts.refusal(Texts.virtualService("- route: [{" + fields + "}]")))
        .singleElement()
        .asString()
        .endsWith(": spec.http[0].route[0]." + message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"redirect: {uri: /a}", "directResponse: {status: 200}"})
  void mirror_onRedirectOrDirectResponse_isWarnedOf(String action) throws Exception {
    assertThat(Texts.warnings(Texts.virtualService("- " + action + "\n  mirror: {host: httpbin}")))
        .singleElement()
        .asString()
        .endsWith("spec.http[0].mirror: nothing is mirrored of what is answered here");
  }

  @Test
  void directResponse_body_isReadFromEitherForm() throws Exception {
    assertThat(direct("directResponse: {status: 200, body: {string: ä}}").body().length())
        .isEqualTo(2);
    assertThat(
            direct("directResponse: {status: 599, body: {bytes: \"AA\\nH/YQ==\"}}")
                .body()
                .toArray())
        .containsExactly(0, 1, -1, 'a');
    assertThat(direct("directResponse: {status: 200, body: {}}").body().length()).isZero();
  }

  @Test
  void directResponse_bodyOfMoreThanOneMebibyte_isRefused() throws Exception {
    String text = "- directResponse: {status: 200, body: {string: " + "a".repeat(1 << 20) + "}}";
    assertThat(Texts.warnings(Texts.virtualService(text))).hasSize(1);
    assertThat(Texts.refusal(Texts.virtualService(text.replace("aaa}", "aaaa}")))).hasSize(1);
  }

  @Test
  void directResponse_bodyOfMoreThan100Kibibytes_isWarnedOf() throws Exception {
    String text = "- directResponse: {status: 200, body: {string: " + "a".repeat(102_400) + "}}";
    assertThat(Texts.warnings(Texts.virtualService(text))).isEmpty();
    assertThat(Texts.warnings(Texts.virtualService(text.replace("aaa}", "aaaa}"))))
        .singleElement()
        .asString()
        .endsWith("102401 bytes are much to keep in memory");
  }

  @Test
  void rewriteUri_onEachKindOfMatch_knowsWhatItReplaces() throws Exception {
    String text =
        Texts.route(
            """
            match: [{uri: {prefix: /foo}}, {uri: {exact: /foo}}, {uri: {regex: /f.*}}, {}]
            rewrite: {uri: /bar}
            """);
    assertThat(routes(text))
        .extracting(route -> Texts.forward(route).rewrite().flatMap(Rewrite::path).orElseThrow())
        .containsExactly(
            new PathRewrite.Prefix(4, "/bar"),
            new PathRewrite.Whole("/bar"),
            new PathRewrite.Whole("/bar"),
            new PathRewrite.Prefix(1, "/bar"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rewrite: {}|rewrite: nothing to rewrite (expected: uri, uriRegexRewrite or authority)",
        "rewrite: {uri: /a, uriRegexRewrite: {match: a, rewrite: b}}|rewrite: uri beside"
            + " uriRegexRewrite (expected: one of them)",
        "rewrite: {uriRegexRewrite: {match: a}}|rewrite.uriRegexRewrite.rewrite: missing (expected:"
            + " a substitution)",
        "rewrite: {uriRegexRewrite: {rewrite: a}}|rewrite.uriRegexRewrite.match: missing (expected:"
            + " a regular expression)",
        "rewrite: {uriRegexRewrite: {match: '(a', rewrite: b}}|missing closing ): `(a`",
        "rewrite: {uriRegexRewrite: {match: '', rewrite: b}}|0 characters (expected: 1..1024)",
        "corsPolicy: {allowOrigins: [{regex: '(?=a)'}]}|invalid or unsupported Perl syntax: `(?=`)",
        "rewrite: {authority: a, uri: /b}, headers: {request: {set: {host: c}}}|the authority is"
            + " set by rewrite and by headers (expected: once)",
        "rewrite: {authority: a}, headers: {request: {add: {':authority': c}}}|the authority is"
            + " set by rewrite and by headers (expected: once)",
        "headers: {request: {set: {host: c}, add: {':authority': d}}}|headers.request.add.:authority:"
            + " the authority is set more than once (expected: once)",
        "headers: {request: {remove: [Host]}}|headers.request.remove[0]: \"Host\" is no header that"
            + " can be changed",
        "headers: {request: {set: {':path': /}}}|headers.request.set.:path: \":path\" is no header"
            + " that can be changed",
        "headers: {response: {set: {host: a}}}|headers.response.set.host: \"host\" is no header that"
            + " can be changed",
        "headers: {request: {add: {':path': /}}}|headers.request.add.:path: \":path\" is no header"
            + " that can be changed",
        "headers: {request: {remove: [':authority']}}|headers.request.remove[0]: \":authority\" is no"
            + " header that can be changed",
        "headers: {response: {add: {':status': '200'}}}|headers.response.add.:status: \":status\" is"
            + " no header that can be changed",
        "headers: {response: {set: {':authority': a}}}|headers.response.set.:authority:"
            + " \":authority\" is no header that can be changed",
        "headers: {response: {remove: [':status']}}|headers.response.remove[0]: \":status\" is no"
            + " header that can be changed",
        "headers: {response: {remove: [Host]}}|headers.response.remove[0]: \"Host\" is no header that"
            + " can be changed",
        "headers: {response: {remove: ['']}}|headers.response.remove[0]: \"\" is no header that can"
            + " be changed",
        "headers: {request: {set: {content-length: '1'}}}|headers.request.set.content-length:"
            + " content-length is not carried out: it belongs to the connection",
        "headers: {request: {set: {a: '50%'}}}|headers.request.set.a: \"50%\" (expected: text with"
            + " Envoy's expressions; a % that nothing ends (a literal one is %%))",
        "headers: {request: {set: {a: '%START_TIME%'}}}|headers.request.set.a: \"%START_TIME%\""
            + " (expected: text with Envoy's expressions; %START_TIME% is not carried out)",
        "corsPolicy: {allowOrigins: [{}]}|corsPolicy.allowOrigins[0]: no origin (expected: exact,"
            + " prefix or regex)",
        "corsPolicy: {allowMethods: [FOO]}|corsPolicy.allowMethods[0]: FOO (expected: a method)",
        "corsPolicy: {allowHeaders: ['a b']}|corsPolicy.allowHeaders[0]: \"a b\" (expected: a"
            + " header's name)",
        "corsPolicy: {maxAge: 1.5s}|corsPolicy.maxAge: 1.5s (expected: whole seconds)",
        "corsPolicy: {maxAge: 0s}|corsPolicy.maxAge: 0s (expected: a duration of 1ms or more, in"
            + " whole milliseconds, such as 250ms or 1.5s)",
        "corsPolicy: {unmatchedPreflights: DROP}|corsPolicy.unmatchedPreflights: DROP (expected: FORWARD"
            + " or IGNORE or UNSPECIFIED)",
      })
  void route_malformedRewriteHeadersOrCors_isRefused(String fields, String message) {
    String text = "- {route: [{destination: {host: httpbin}}], " + fields + "}";
    assertThat(Texts.refusal(Texts.virtualService(text)))
        .singleElement()
        .asString()
        .startsWith("a.yaml:9:")
        .contains("spec.http[0]")
        .endsWith(message);
  }

  @Test
  void headers_ofOneDestination_followTheRoutes() throws Exception {
    String text =
        Texts.virtualService(
            """
            - headers: {request: {set: {b: r, a: r}, add: {c: r}, remove: [d]}}
              route:
              - destination: {host: httpbin}
                headers: {request: {set: {a: d, host: d.org}, remove: [e]}}
            """);
    Forward forward = Texts.forward(routes(text).get(0));
    assertThat(forward.edits().request().set().stream().map(Line::toString).toList())
        .containsExactly("Line[name=a, value=r]", "Line[name=b, value=r]", "Line[name=a, value=d]");
    assertThat(forward.edits().request().remove()).containsExactly("d", "e");
    assertThat(forward.rewrite()).contains(new Rewrite(Optional.empty(), "d.org"));
    assertThat(forward.clusters().get(0).edits().request().isEmpty()).isTrue();
  }

  @Test
  void authority_ofRewriteOrRoute_beatsTheDestinations() throws Exception {
    String text =
        Texts.virtualService(
            """
            - rewrite: {authority: rewrite.org}
              route: &v1
              - {destination: {host: httpbin}, headers: {request: {set: {host: d.org}}}}
            - headers: {request: {add: {":authority": route.org}}}
              route: *v1
            - route:
              - {destination: {host: httpbin}, weight: 1, headers: {request: {set: {host: a.org}}}}
              - {destination: {host: httpbin}, weight: 1}
            """);
    assertThat(routes(text))
        .extracting(route -> Texts.forward(route).rewrite().map(Rewrite::authority).orElse(""))
        .containsExactly("rewrite.org", "route.org", "");
    assertThat(Texts.forward(routes(text).get(2)).clusters().get(0).edits().authority())
        .isEqualTo("a.org");
  }

  @Test
  void authority_setAndAddedByADestination_isTheOneThatIsSet() throws Exception {
    String text =
        Texts.virtualService(
            "- route: [{destination: {host: httpbin}, headers: {request: {add: {host: added.org},"
                + " set: {':authority': set.org}}}}]");
    assertThat(Texts.forward(routes(text).get(0)).rewrite().orElseThrow().authority())
        .isEqualTo("set.org");
    assertThat(Texts.warnings(text))
        .singleElement()
        .asString()
        .endsWith("request.add.host: the authority is set.org already, which stands");
  }

  @Test
  void corsPolicy_allFields_areRead() throws Exception {
    String text =
        Texts.route(
            """
            corsPolicy:
              allowOrigins: [{exact: "*"}, {prefix: http://a}]
              allowMethods: [GET, POST]
              allowHeaders: [x-a, "*"]
              exposeHeaders: [x-e]
              maxAge: 1h1m1s
              allowCredentials: true
              unmatchedPreflights: IGNORE
            """);
    assertThat(routes(text).get(0).cors())
        .contains(
            new CorsPolicy(
                List.of(new TextMatch.Exact("*", false), new TextMatch.Prefix("http://a", false)),
                "GET,POST",
                "x-a,*",
                "x-e",
                "3661",
                true,
                false));
  }

  @Test
  void corsPolicy_allowOrigin_isDeprecatedAndBeatenByAllowOrigins() throws Exception {
    String text = Texts.route("corsPolicy: {allowOrigin: [a], allowOrigins: [{exact: b}]}");
    assertThat(routes(text).get(0).cors().orElseThrow().allowOrigins())
        .containsExactly(new TextMatch.Exact("b", false));
    assertThat(Texts.warnings(text)).singleElement().asString().contains("deprecated");
  }

  private static Redirect redirect(String fields) throws RulesException {
    return (Redirect) routes(Texts.virtualService("- " + fields)).get(0).action();
  }

  private static DirectResponse direct(String fields) throws RulesException {
    return (DirectResponse) routes(Texts.virtualService("- " + fields)).get(0).action();
  }

  private static List<Route> routes(String text) throws RulesException {
    return Texts.compileWithHttpbin(text).routes().virtualHost("httpbin").orElseThrow().routes();
  }

  /** Into a request line, or a header, nothing goes that would end it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "rewrite: {uri: \"/a\\r\\nX: y\"}",
        "rewrite: {uri: \"/a b\"}",
        "rewrite: {authority: \"a.org\\r\\nX: y\"}",
        "rewrite: {uriRegexRewrite: {match: /a, rewrite: \"/b\\nX: y\"}}",
        "headers: {request: {set: {x-a: \"b\\r\\nX: y\"}}}",
        "headers: {request: {set: {\"x-a\\r\": b}}}",
        "headers: {request: {set: {host: \"a.org\\nX: y\"}}}",
        "headers: {response: {add: {x-a: \"\\0\"}}}",
        "corsPolicy: {allowOrigins: [{exact: a}], allowHeaders: [\"x\\r\\ny\"]}"
      })
  void text_thatWouldEndALine_isRefused(String fields) {
    assertThat(Texts.refusal(Texts.route(fields))).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"uri: \"/a\\r\\nX: y\"", "authority: \"a\\nb\"", "prefixRewrite: \"/a\\rb\""})
  void redirect_thatWouldEndALine_isRefused(String field) {
    assertThat(Texts.refusal(Texts.virtualService("- redirect: {" + field + "}"))).isNotEmpty();
  }
}
