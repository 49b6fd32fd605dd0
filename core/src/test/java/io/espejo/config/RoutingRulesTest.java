package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Condition;
import io.espejo.route.Route;
import io.espejo.route.RouteMatch;
import io.espejo.route.TextMatch;
import io.espejo.route.TextMatch.Exact;
import io.espejo.route.TextMatch.Prefix;
import io.espejo.route.VirtualHost;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingRulesTest {
  @Test
  void match_everyCondition_isRead() throws Exception {
    String text =
        Texts.route(
            """
            match:
            - uri: {prefix: /Api, }
              ignoreUriCase: true
              method: {exact: GET}
              authority: {regex: "httpbin(:.*)?"}
              headers:
                X-A: {exact: "1"}
                x-b: {}
                host: {prefix: http}
                ":method": {exact: GET}
              queryParams:
                Key: {exact: ""}
            - uri: {}
              method: {}
            """);
    assertThat(routes(text))
        .flatMap(Route::matches)
        .satisfiesExactly(
            match ->
                assertThat(match.conditions())
                    .containsExactly(
                        new Condition.Path(new Prefix("/Api", true)),
                        new Condition.Method(new Exact("GET", false)),
                        new Condition.Authority(TextMatch.regex("httpbin(:.*)?")),
                        new Condition.Header("x-a", new Exact("1", false)),
                        new Condition.Header("x-b", TextMatch.PRESENT),
                        new Condition.Authority(new Prefix("http", false)),
                        new Condition.Method(new Exact("GET", false)),
                        new Condition.QueryParam("Key", new Exact("", false))),
            match -> assertThat(match.conditions()).isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '§',
      value = {
        "uri: {regex: '(a'}|uri.regex: \"(a\" (expected: a regular expression in RE2's syntax;"
            + " missing closing ): `(a`)",
        "uri: {regex: ''}|uri.regex: \"\" (expected: a regular expression in RE2's syntax;"
            + " 0 characters (expected: 1..1024))",
        "method: {prefix: ''}|method.prefix: \"\" (expected: a prefix that is not empty)",
        "headers: {x-a: {prefix: ''}}|headers.x-a.prefix: \"\""
            + " (expected: a prefix that is not empty)",
        "uri: {exact: /a, prefix: /}|uri: more than one of exact, prefix and regex (expected: one)",
        "uri: {equals: /a}|uri.equals: unknown field",
        "uri: /a|uri: /a (expected: a mapping)",
        "headers: {'x a': {}}|headers.x a: not a header's name",
        "headers: {':Path': {}}|headers.:Path: not a header's name",
        "headers: {x-a: {regex: '*'}}|headers.x-a.regex: \"*\" (expected: a regular expression in RE2's"
            + " syntax; missing argument to repetition operator: `*`)",
        "withoutHeaders: {':nosuch': {}}|withoutHeaders.:nosuch: not a header's name",
        "withoutHeaders: {x-a: {regex: '(a'}}|withoutHeaders.x-a.regex: \"(a\" (expected: a regular"
            + " expression in RE2's syntax; missing closing ): `(a`)",
        "queryParams: {q: {regex: '(?=a)'}}|queryParams.q.regex: \"(?=a)\" (expected: a regular"
            + " expression in RE2's syntax; invalid or unsupported Perl syntax: `(?=`)",
        "port: 65536|port: 65536 (expected: 0..65535)",
        "gateways: [a/b/c]|gateways[0]: a/b/c (expected: mesh, or a gateway's name with or without"
            + " its namespace)",
        "sourceLabels: {'a b': c}|sourceLabels.a b: not a label's name",
        "sourceNamespace: A_b|sourceNamespace: A_b (expected: a DNS label)",
        "name: 1|name: 1 (expected: text)",
        "headers: {'@request.auth.claims.a': {}}|headers.@request.auth.claims.a:"
            + " not carried out by this version",
        "ignoreUriCase: 'yes'|ignoreUriCase: \"yes\" (expected: true or false)",
        "queryParams: {a: {exact: 1}}|queryParams.a.exact: 1 (expected: text)",
      })
  void match_malformed_isRefused(String match, String message) {
    assertThat(Texts.refusal(Texts.route("match:\n- " + match)))
        .singleElement()
        .asString()
        .endsWith(": spec.http[0].match[0]." + message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "scheme: {prefix: ''}",
        "method: {prefix: ''}",
        "authority: {prefix: ''}",
        "headers: {x: {prefix: ''}}",
        "withoutHeaders: {x: {prefix: ''}}",
        "queryParams: {x: {prefix: ''}}"
      })
  void emptyPrefix_ofAnythingButUri_isRefused(String match) {
    assertThat(Texts.refusal(Texts.route("match: [{" + match + "}]")))
        .singleElement()
        .asString()
        .endsWith(": \"\" (expected: a prefix that is not empty)");
  }

  @Test
  void uri_regexIgnoringCase_isCaseSensitiveAllTheSame() throws Exception {
    assertThat(routes(Texts.route("match: [{uri: {regex: /Re}, ignoreUriCase: true}]")))
        .flatMap(Route::matches)
        .flatMap(RouteMatch::conditions)
        .containsExactly(new Condition.Path(TextMatch.regex("/Re")));
  }

  @Test
  void uri_emptyPrefix_isAccepted() throws Exception {
    assertThat(routes(Texts.route("match: [{uri: {prefix: ''}}]"))).hasSize(1);
  }

  @Test
  void weights_ofSeveralDestinations_areRead() throws Exception {
    String text =
        Texts.virtualService(
            """
            - route:
              - destination: {host: httpbin, subset: v1}
                weight: 80
              - destination: {host: httpbin, subset: v2}
                weight: 20
            """);
    assertThat(Texts.forward(routes(text).get(0)).clusters())
        .extracting(WeightedCluster::weight)
        .containsExactly(80, 20);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 1, route[0].weight: -1 (expected: 0..2147483647)",
    "2147483648, 1, route[0].weight: 2147483648 (expected: 0..2147483647)",
    "0, 0, route: weights that add up to 0 (expected: more than 0)",
  })
  void weights_impossible_areRefused(String one, String other, String message) {
    String text =
        Texts.virtualService(
            "- route:\n"
                + ("  - {destination: {host: httpbin}, weight: " + one + "}\n")
                + ("  - {destination: {host: httpbin}, weight: " + other + "}\n"));
    assertThat(Texts.refusal(text))
        .singleElement()
        .asString()
        .endsWith(": spec.http[0]." + message);
  }

  @Test
  void route_withName_keepsIt() throws Exception {
    String text =
        Texts.virtualService(
            """
            - match: [{uri: {exact: /a}}]
              name: first
              route: [{destination: {host: httpbin}}]
            - route: [{destination: {host: httpbin}}]
            """);
    assertThat(routes(text)).extracting(Route::name).containsExactly("first", "httpbin/1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{uri: {prefix: /a}}|{uri: {prefix: /a}}",
        "{headers: {x: {regex: a+}}}|{headers: {x: {regex: a+}}}",
        "{uri: {prefix: /a}}|{uri: {prefix: /ab}}",
        "{uri: {prefix: /a}}|{uri: {exact: /ab}}",
        "{uri: {prefix: /}}|{uri: {regex: /a.*}}",
        "{uri: {exact: /a}}|{uri: {exact: /a}, method: {exact: GET}}",
        "{headers: {x: {}}}|{headers: {x: {exact: a}}}",
        "{queryParams: {x: {prefix: a}}}|{queryParams: {x: {exact: ab}}}",
        "{}|{uri: {exact: /}}",
        "{uri: {prefix: /A}, ignoreUriCase: true}|{uri: {exact: /ab}}",
      })
  void route_behindOneThatTakesAllOfIts_warns(String first, String second) throws Exception {
    assertThat(Texts.warnings(twoRoutes(first, second)))
        .containsExactly(
            "a.yaml:11:13: warning: spec.http[1].match[0]:"
                + " unreachable, spec.http[0].match[0] comes first");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{uri: {prefix: /ab}}|{uri: {prefix: /a}}",
        "{uri: {exact: /ab}}|{uri: {exact: /abc}}",
        "{uri: {prefix: /a}, method: {exact: GET}}|{uri: {prefix: /a}}",
        "{headers: {x: {exact: a}}}|{headers: {y: {exact: a}}}",
        "{queryParams: {x: {exact: a}}}|{headers: {x: {exact: a}}}",
        "{uri: {prefix: /a}}|{uri: {exact: /ab}, ignoreUriCase: true}",
      })
  void route_behindOneThatTakesSome_doesNotWarn(String first, String second) throws Exception {
    assertThat(Texts.warnings(twoRoutes(first, second))).isEmpty();
  }

  @Test
  void route_behindACatchAll_warns() throws Exception {
    String text =
        Texts.virtualService(
            """
            - route: [{destination: {host: httpbin}}]
            - route: [{destination: {host: httpbin}}]
            """);
    assertThat(Texts.warnings(text))
        .containsExactly(
            "a.yaml:10:5: warning: spec.http[1]: unreachable, spec.http[0] comes first");
  }

  @Test
  void destination_unknownHostSubsetOrPort_warnsAndStays() throws Exception {
    String text =
        Texts.virtualService(
            """
            - match: [{uri: {exact: /a}}]
              route: [{destination: {host: nosuch.org, port: {number: 80}}}]
            - match: [{uri: {exact: /b}}]
              route: [{destination: {host: httpbin, subset: v3}}]
            - route: [{destination: {host: httpbin, port: {number: 9000}}}]
            """);
    assertThat(routes(text))
        .extracting(route -> Texts.forward(route).clusters().get(0).cluster())
        .containsExactly(
            "outbound|80||nosuch.org",
            "outbound|8000|v3|httpbin.default.svc.cluster.local",
            "outbound|9000||httpbin.default.svc.cluster.local");
    assertThat(Texts.warnings(text))
        .containsExactly(
            "a.yaml:10:34: warning: spec.http[0].route[0].destination.host:"
                + " nosuch.org is defined by no ServiceEntry, its requests get 503",
            "a.yaml:12:51: warning: spec.http[1].route[0].destination.subset:"
                + " v3 is a subset that no DestinationRule defines, its requests get 503",
            "a.yaml:13:34: warning: spec.http[2].route[0].destination.host:"
                + " httpbin.default.svc.cluster.local has no port 9000, its requests get 503"
                + " (expected: 8000)");
  }

  @Test
  void hosts_ofAnyForm_answer() throws Exception {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: x}
        spec:
          hosts: [Example.com, "*.example.org", 192.0.2.1, "2001:db8::1"]
          http:
          - route: [{destination: {host: httpbin}}]
        """;
    CompiledRules rules = Texts.compileWithHttpbin(text);
    assertThat(host(rules, "EXAMPLE.com:80")).contains("example.com");
    assertThat(host(rules, "a.example.org")).contains("*.example.org");
    assertThat(host(rules, "192.0.2.1:80")).contains("192.0.2.1");
    assertThat(host(rules, "[2001:db8::1]:80")).contains("2001:db8::1");
    assertThat(host(rules, "nosuch")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "my_host",
        "a..b",
        "'-a'",
        "a.b.1",
        "a:80",
        "'[::1]'",
        "'a.*.b'",
        "256.1.1.1",
        "''"
      })
  void host_malformed_isRefused(String host) {
    assertThat(
            Texts.refusal(
                Texts.virtualService("- route: [{destination: {host: a}}]")
                    .replace("  - httpbin", "  - " + host)))
        .singleElement()
        .asString()
        .startsWith("a.yaml:7:5: spec.hosts[0]: ")
        .endsWith(" (expected: a DNS name or IP address)");
  }

  @Test
  void host_ofTwoVirtualServices_isOfTheFirst() throws Exception {
    String one = Texts.virtualService("- name: one\n  route: [{destination: {host: httpbin}}]");
    String two = one.replace("name: httpbin", "name: a").replace("name: one", "name: two");
    assertThat(Texts.compile(one, two, Texts.HTTPBIN).warnings())
        .extracting(Problem::toString)
        .containsExactly(
            "b.yaml:7:5: warning: spec.hosts[0]: httpbin.default.svc.cluster.local is a host of"
                + " VirtualService default/httpbin in a.yaml already, which stands");
    assertThat(Texts.compile(one, two, Texts.HTTPBIN).routes().virtualHost("httpbin"))
        .map(host -> host.routes().get(0).name())
        .contains("one");
    String here = two.replace("spec:", "spec:\n  exportTo: ['.']");
    assertThat(Texts.compile(one, here, Texts.HTTPBIN).routes().virtualHost("httpbin"))
        .map(host -> host.routes().get(0).name())
        .contains("two");
  }

  @Test
  void hosts_duplicateOrOverlapping_areRefused() {
    String text = Texts.virtualService("- route: [{destination: {host: httpbin}}]");
    assertThat(Texts.refusal(text.replace("- httpbin", "- a.org\n  - A.org"), Texts.HTTPBIN))
        .containsExactly("a.yaml:8:5: spec.hosts[1]: A.org overlaps with a.org above");
    assertThat(Texts.refusal(text.replace("- httpbin", "- a.b.org\n  - '*.org'"), Texts.HTTPBIN))
        .containsExactly("a.yaml:8:5: spec.hosts[1]: *.org overlaps with a.b.org above");
  }

  @Test
  void host_starOnMesh_isRefused() throws Exception {
    String text =
        Texts.virtualService("- route: [{destination: {host: httpbin}}]")
            .replace("  - httpbin", "  - '*'");
    assertThat(Texts.refusal(text, Texts.HTTPBIN))
        .containsExactly(
            "a.yaml:7:5: spec.hosts[0]: * (expected: a narrower host, or gateways without mesh)");
    String atGateway = text.replace("  hosts:", "  gateways: [edge]\n  hosts:");
    RulesOptions edge = new RulesOptions("default", Set.of(), Set.of("edge"), Map.of(), 0);
    assertThat(Rules.compile(Texts.files(atGateway, Texts.HTTPBIN), edge).routes().virtualHost("a"))
        .isPresent();
  }

  @Test
  void virtualService_ofAWildcard_routesTheServicesItIncludes() throws Exception {
    String text =
        Texts.virtualService("- name: wild\n  route: [{destination: {host: httpbin}}]")
            .replace("- httpbin", "- '*.cluster.local'");
    assertThat(routes(text)).extracting(Route::name).containsExactly("wild");
  }

  @Test
  void virtualService_ofAHostWithoutService_answersAllTheSame() throws Exception {
    CompiledRules rules =
        Texts.compile(Texts.virtualService("- route: [{destination: {host: httpbin}}]"));
    assertThat(host(rules, "httpbin:8000")).contains("httpbin.default.svc.cluster.local");
    assertThat(rules.clusters()).isEmpty();
  }

  @Test
  void virtualService_withoutRoutesOrHosts_isRefused() {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: x}
        spec: {hosts: [], http: [], gateways: [g], tls: [], tcp: [], exportTo: ["."]}
        """;
    assertThat(Texts.refusal(text))
        .containsExactly(
            "a.yaml:4:7: spec: gateways without hosts (expected: hosts, or a delegate without both)",
            "a.yaml:4:25: spec.http: no route (expected: at least one route)",
            "a.yaml:4:49: spec.tls: not carried out by this version",
            "a.yaml:4:58: spec.tcp: not carried out by this version");
  }

  @Test
  void service_portsAndWeights_beatEachOtherInOrder() throws Exception {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec:
          hosts: [x.org]
          ports:
          - {number: 80, name: a, targetPort: 8080, protocol: http}
          - {number: 81, name: b}
          resolution: STATIC
          endpoints:
          - {address: 192.0.2.1, ports: {a: 9090}, weight: 7}
          - {address: "2001:db8::1"}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: x}
        spec: {hosts: [x.org], http: [{route: [{destination: {host: x.org}}]}]}
        """;
    CompiledRules rules = Texts.compile(text);
    assertThat(rules.clusters().get("outbound|80||x.org"))
        .extracting(cluster -> cluster.endpoints())
        .isEqualTo(
            List.of(
                new EndpointSpec("192.0.2.1", 9090, 7), new EndpointSpec("2001:db8::1", 8080, 1)));
    assertThat(rules.clusters().get("outbound|81||x.org"))
        .extracting(cluster -> cluster.endpoints())
        .isEqualTo(
            List.of(new EndpointSpec("192.0.2.1", 81, 7), new EndpointSpec("2001:db8::1", 81, 1)));
    assertThat(rules.warnings())
        .extracting(Problem::toString)
        .containsExactly(
            "a.yaml:17:61: warning: spec.http[0].route[0].destination.host:"
                + " x.org has several ports, 80 is taken (expected: port)");
  }

  @Test
  void service_whoseFirstPortIsNotOfHttp_isReachedAtTheOneThatIs() throws Exception {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec:
          hosts: [x.org]
          ports:
          - {number: 443, name: https, protocol: HTTPS}
          - {number: 80, name: http, protocol: HTTP}
          resolution: STATIC
          endpoints: [{address: 192.0.2.1}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: x}
        spec:
          hosts: [x.org]
          http: [{match: [{port: 80}], route: [{destination: {host: x.org}}]}]
        """;
    CompiledRules rules = Texts.compile(text);
    Route route = rules.routes().virtualHost("x.org").orElseThrow().routes().get(0);
    assertThat(Texts.forward(route).clusters())
        .containsExactly(new WeightedCluster("outbound|80||x.org", 0));
    assertThat(rules.warnings())
        .singleElement()
        .asString()
        .endsWith("HTTPS is not HTTP: only a route that names the port goes there");
  }

  @Test
  void wildcard_whoseMatchesNameAPort_isOfTheServicesThere() throws Exception {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec:
          hosts: [a.x.org]
          ports: [{number: 8080, name: http, protocol: HTTP}]
          resolution: STATIC
          endpoints: [{address: 192.0.2.1}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: x}
        spec:
          hosts: ["*.x.org"]
          http:
          - name: at-8080
            match: [{port: 8080}]
            route: [{destination: {host: a.x.org}}]
        """;
    CompiledRules rules = Texts.compile(text);
    assertThat(rules.routes().virtualHost("a.x.org").orElseThrow().routes())
        .extracting(Route::name)
        .containsExactly("at-8080");
    assertThat(rules.routes().virtualHost("b.x.org")).isEmpty();
  }

  @Test
  void virtualService_overriddenByALaterFile_keepsItsPlace() throws Exception {
    String one = Texts.virtualService("- {name: one, route: [{destination: {host: httpbin}}]}\n");
    String two =
        one.replace("name: one", "name: two").replace("  name: httpbin\n", "  name: other\n");
    String again = one.replace("name: one", "name: again");
    assertThat(
            Texts.compile(one, two, again, Texts.HTTPBIN)
                .routes()
                .virtualHost("httpbin")
                .orElseThrow()
                .routes())
        .extracting(Route::name)
        .containsExactly("again");
  }

  @ParameterizedTest
  @ValueSource(strings = {".:1", "1::1%lo", "[::1]", ":", ":::"})
  void host_thatIsNearlyAnAddress_isRefusedAndNotLookedUp(String host) {
    assertThat(
            Texts.refusal(
                Texts.virtualService("- route: [{destination: {host: httpbin}}]\n")
                    .replace("- httpbin\n", "- \"" + host + "\"\n")))
        .anyMatch(line -> line.contains("expected: a DNS name or IP address"));
  }

  @Test
  void service_malformed_isRefusedForEachFault() {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec:
          hosts: ["*"]
          addresses: [192.0.2.0/33]
          location: INSIDE
          resolution: NONE
          ports:
          - {number: 80, name: a, protocol: HTTPS}
          - {number: 80, name: a, targetPort: 65536, protocol: X}
          - {name: a_b}
          endpoints:
          - {address: x.org, ports: {z: 1, a: 0}}
          - {address: "unix:///tmp/x", labels: {"a b": c, d: "e f"}, locality: a/b}
          - {}
        """;
    assertThat(Texts.refusal(text))
        .containsExactly(
            "a.yaml:5:11: spec.hosts[0]: \"*\" (expected: a DNS name)",
            "a.yaml:6:15: spec.addresses[0]: 192.0.2.0/33 (expected: an IP address or network)",
            "a.yaml:7:13: spec.location: INSIDE (expected: MESH_EXTERNAL or MESH_INTERNAL)",
            "a.yaml:8:15: spec.resolution: NONE is not carried out: it sends to the address that the"
                + " client meant, which a server does not know",
            "a.yaml:10:37: warning: spec.ports[0].protocol: HTTPS is not HTTP: only a route that"
                + " names the port goes there",
            "a.yaml:11:5: spec.ports[1]: duplicate port number 80",
            "a.yaml:11:5: spec.ports[1]: duplicate port name a",
            "a.yaml:11:39: spec.ports[1].targetPort: 65536 (expected: 0..65535)",
            "a.yaml:11:56: spec.ports[1].protocol: X (expected: HTTP, HTTP2, GRPC, HTTPS,"
                + " TLS, TCP or another protocol of Istio)",
            "a.yaml:12:5: spec.ports[2].number: missing (expected: 1..65535)",
            "a.yaml:12:12: spec.ports[2].name: a_b (expected: a DNS label)",
            "a.yaml:14:5: spec.endpoints[0]: x.org (expected: an IP address, or the resolution DNS)",
            "a.yaml:14:33: spec.endpoints[0].ports.z: no port of this name in spec.ports",
            "a.yaml:14:39: spec.endpoints[0].ports.a: 0 (expected: 1..65535)",
            "a.yaml:15:15: spec.endpoints[1].address: a Unix domain socket (expected: a service of"
                + " one port)",
            "a.yaml:15:48: spec.endpoints[1].labels.a b: not a label's name",
            "a.yaml:15:54: spec.endpoints[1].labels.d: \"e f\" (expected: a label's value)",
            "a.yaml:16:5: spec.endpoints[2].address: missing (expected: an IP address or a DNS"
                + " name)");
  }

  @Test
  void service_ofSeveralEntries_hasAllTheirEndpoints() throws Exception {
    String entry =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x1}
        spec:
          hosts: [x.org]
          ports: [{number: 80, name: http}]
          resolution: STATIC
          endpoints: [{address: 192.0.2.1}]
        """;
    CompiledRules rules =
        Texts.compile(entry, entry.replace("x1", "x2").replace("192.0.2.1", "192.0.2.2"));
    assertThat(rules.clusters().get("outbound|80||x.org"))
        .extracting(cluster -> cluster.endpoints().stream().map(EndpointSpec::address).toList())
        .isEqualTo(List.of("192.0.2.1", "192.0.2.2"));
  }

  @Test
  void service_withoutHosts_isRefused() {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec: {hosts: [], resolution: STATIC}
        """;
    assertThat(Texts.refusal(text))
        .containsExactly("a.yaml:4:15: spec.hosts: no host (expected: at least one host)");
  }

  @Test
  void service_shortNameOrNoPort_warns() throws Exception {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec: {hosts: [x], resolution: STATIC}
        """;
    assertThat(Texts.compile(text).warnings())
        .extracting(Problem::toString)
        .containsExactly(
            "a.yaml:4:16: warning: spec.hosts[0]: x is a short name, which Istio does not expand",
            "a.yaml:4:16: warning: spec.hosts[0]: x has no port, so nothing reaches it");
  }

  @Test
  void subsets_malformed_areRefused() {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: x}
        spec:
          host: httpbin
          trafficPolicy: {}
          subsets:
          - {name: v1}
          - {name: v1, trafficPolicy: {}}
          - {name: V_1}
          - {labels: {a: 1}}
        """;
    assertThat(Texts.refusal(text))
        .containsExactly(
            "a.yaml:6:18: spec.trafficPolicy: nothing is said (expected: at least one field)",
            "a.yaml:9:5: spec.subsets[1]: duplicate subset v1",
            "a.yaml:9:31: spec.subsets[1].trafficPolicy: nothing is said (expected: at least one"
                + " field)",
            "a.yaml:10:12: spec.subsets[2].name: V_1 (expected: a DNS label)",
            "a.yaml:11:5: spec.subsets[3].name: missing (expected: a DNS label)",
            "a.yaml:11:18: spec.subsets[3].labels.a: 1 (expected: text)");
  }

  @Test
  void subsets_ofNoServiceOrEndpoint_warn() throws Exception {
    String rule =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: other}
        spec:
          host: %s
          subsets:
          - name: v9
            labels: {version: v9}
        """;
    assertThat(Texts.warnings(rule.formatted("nosuch")))
        .containsExactly(
            "a.yaml:5:9: warning: spec.host:"
                + " nosuch.default.svc.cluster.local is defined by no ServiceEntry");
    assertThat(Texts.warnings(rule.formatted("httpbin")))
        .containsExactly("a.yaml:7:5: warning: spec.subsets[0]: v9 has no endpoint");
    assertThat(Texts.warnings(rule.formatted("httpbin").replace("v9", "v1")))
        .containsExactly(
            "httpbin.yaml:35:5: warning: spec.subsets[0]:"
                + " v1 is defined in a.yaml already, which stands");
  }

  @Test
  void destinationRule_ofAWildcard_yieldsToOneOfTheHost() throws Exception {
    String wildcard =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: other}
        spec: {host: "*.cluster.local", subsets: [{name: all}]}
        """;
    assertThat(Texts.compileWithHttpbin(wildcard).clusters()).hasSize(3);
    String service = Texts.HTTPBIN.substring(0, Texts.HTTPBIN.indexOf("---"));
    assertThat(Texts.compile(wildcard, service).clusters())
        .containsKey("outbound|8000|all|httpbin.default.svc.cluster.local")
        .hasSize(2);
  }

  private static String twoRoutes(String first, String second) {
    return Texts.virtualService(
        "- match: [%s]\n  route: [{destination: {host: httpbin}}]\n".formatted(first)
            + "- match: [%s]\n  route: [{destination: {host: httpbin}}]\n".formatted(second));
  }

  private static List<Route> routes(String text) throws RulesException {
    return Texts.compileWithHttpbin(text).routes().virtualHost("httpbin").orElseThrow().routes();
  }

  private static Optional<String> host(CompiledRules rules, String authority) {
    return rules.routes().virtualHost(authority).map(VirtualHost::name);
  }
}
