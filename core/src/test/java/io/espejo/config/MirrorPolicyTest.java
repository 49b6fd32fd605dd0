package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits.Edits;
import io.espejo.route.HeaderEdits.Line;
import io.espejo.route.HeaderValue;
import io.espejo.route.Mirror;
import io.espejo.route.RequestKey;
import io.espejo.route.ShadowHost;
import io.espejo.route.ShadowRules;
import io.espejo.route.ShadowRules.Limits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MirrorPolicyTest {
  private static final String V2 = "outbound|8000|v2|httpbin.default.svc.cluster.local";
  private static final String V1 = "outbound|8000|v1|httpbin.default.svc.cluster.local";

  /** Two routes to v1; the first has a mirror to v2, the second two of them. */
  private static final String ROUTES =
      Texts.virtualService(
          """
          - name: a
            match: [{uri: {prefix: /a}}]
            route: [{destination: {host: httpbin, subset: v1}}]
            mirror: {host: httpbin, subset: v2}
          - name: b
            route: [{destination: {host: httpbin, subset: v1}}]
            mirrors:
            - destination: {host: httpbin, subset: v2}
            - destination: {host: httpbin, subset: v1}
          """);

  private static String policy(String name, String target, String fields) {
    return """
        apiVersion: espejo.io/v1
        kind: MirrorPolicy
        metadata: {name: %s}
        spec:
          targetRef: {kind: VirtualService, %s}
        """
            .formatted(name, target)
        + fields.indent(2);
  }

  private static String policy(String fields) {
    return policy("p", "name: httpbin", fields);
  }

  private static ShadowRules rules(String fields) throws RulesException {
    return mirrors(policy(fields)).get(0).rules();
  }

  /** All mirrors of {@link #ROUTES}, in their order. */
  private static List<Mirror> mirrors(String... policies) throws RulesException {
    return mirrors(ROUTES, policies);
  }

  private static List<Mirror> mirrors(String routes, String[] policies) throws RulesException {
    CompiledRules compiled =
        Texts.compileWithHttpbin(routes + "---\n" + String.join("---\n", policies));
    return compiled.routes().virtualHost("httpbin").orElseThrow().routes().stream()
        .map(Texts::forward)
        .map(Forward::mirrors)
        .flatMap(List::stream)
        .toList();
  }

  private static List<String> names(String... policies) throws RulesException {
    return mirrors(policies).stream().map(mirror -> mirror.rules().policy()).toList();
  }

  private static List<String> warnings(String... policies) throws RulesException {
    return Texts.warnings(ROUTES + "---\n" + String.join("---\n", policies));
  }

  @Test
  void policy_ofThePapers_isReadInFull() throws Exception {
    assertThat(
            rules(
                """
                host: {suffix: -canary}
                headers: {set: {x-canary: "1"}, add: {x-more: "%REQ(x-a)%"}, remove: [authorization, cookie]}
                methods: [GET, HEAD]
                timeout: 10s
                limits: {maxInFlight: 256, maxLagBytes: 1048576, maxBodyBytes: 104857600}
                expires: 2999-12-31T23:59:59.5+01:00
                sample: {by: {cookie: session}}
                """))
        .isEqualTo(
            new ShadowRules(
                "default/p",
                new ShadowHost.Suffix("-canary"),
                new Edits(
                    List.of("authorization", "cookie"),
                    List.of(new Line("x-canary", HeaderValue.parse("1"))),
                    List.of(new Line("x-more", HeaderValue.parse("%REQ(x-a)%")))),
                Set.of("GET", "HEAD"),
                Optional.of(Duration.ofSeconds(10)),
                Optional.of(new RequestKey.Cookie("session")),
                Optional.of(Instant.parse("2999-12-31T22:59:59.5Z")),
                new Limits(
                    OptionalInt.of(256),
                    OptionalLong.of(1_048_576),
                    OptionalLong.of(104_857_600))));
  }

  @Test
  void policy_thatSaysNothing_mirrorsAsIstio() throws Exception {
    assertThat(rules(""))
        .isEqualTo(
            new ShadowRules(
                "default/p",
                ShadowHost.ISTIO,
                Edits.NONE,
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Limits.NONE));
    assertThat(mirrors()).extracting(Mirror::rules).containsOnly(ShadowRules.ISTIO);
  }

  @ParameterizedTest
  @CsvSource({
    "{suffix: -a.b_c}, a-a.b_c:80",
    "{preserve: true}, a:80",
    "{literal: v2.example.org}, v2.example.org",
    "{literal: 'v2.example.org:8080'}, v2.example.org:8080",
    "{literal: 192.0.2.1}, 192.0.2.1",
    "{literal: '[2001:db8::1]:80'}, [2001:db8::1]:80",
  })
  void host_inEachForm_isRead(String host, String expected) throws Exception {
    assertThat(rules("host: " + host).host().of("a:80")).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "host: {}; 6:9: spec.host: nothing is said (expected: one of suffix, preserve, literal)",
        "host: {suffix: -a, literal: a}; 6:9: spec.host: suffix beside literal (expected: one of suffix, preserve, literal)",
        "host: {suffix: ''}; 6:18: spec.host.suffix: \"\" (expected: 1 to 63 letters, digits, -, _ or .)",
        "host: {suffix: 'a:1'}; 6:18: spec.host.suffix: \"a:1\" (expected: 1 to 63 letters, digits, -, _ or .)",
        "host: {preserve: false}; 6:20: spec.host.preserve: false (expected: true)",
        "host: {literal: 'a:0'}; 6:19: spec.host.literal: \"a:0\" (expected: a DNS name or IP address, and a port)",
        "host: {literal: '*.a'}; 6:19: spec.host.literal: \"*.a\" (expected: a DNS name or IP address, and a port)",
        "host: {literal: 'a:65536'}; 6:19: spec.host.literal: \"a:65536\" (expected: a DNS name or IP address, and a port)",
        "host: {literal: 'a b'}; 6:19: spec.host.literal: \"a b\" (expected: a DNS name or IP address, and a port)",
        "host: {sufix: -a}; 6:17: spec.host.sufix: unknown field",
        "headers: {set: {host: a}}; 6:25: spec.headers.set.host: \"host\" is no header that can be changed",
        "headers: {remove: [Content-Length]}; 6:22: spec.headers.remove[0]: Content-Length is not carried out: it belongs to the connection",
        "headers: {remove: [X-Espejo-Mirror]}; 6:22: spec.headers.remove[0]: \"X-Espejo-Mirror\" is no header that can be changed",
        "headers: {request: {remove: [a]}}; 6:22: spec.headers.request: unknown field",
        "methods: []; 6:12: spec.methods: no method (expected: at least one method)",
        "methods: ['a b']; 6:13: spec.methods[0]: \"a b\" (expected: a method)",
        "timeout: 0s; 6:12: spec.timeout: 0s (expected: a duration of 1ms or more, in whole milliseconds, such as 250ms or 1.5s)",
        "limits: {maxInFlight: 0}; 6:25: spec.limits.maxInFlight: 0 (expected: 1..2147483647)",
        "limits: {maxBodyBytes: 1.5}; 6:26: spec.limits.maxBodyBytes: 1.5 (expected: 1..9223372036854775807)",
        "limits: {maxLag: 1}; 6:20: spec.limits.maxLag: unknown field",
        "expires: 2027-01-31; 6:12: spec.expires: 2027-01-31 (expected: a time with its offset, such as 2027-01-31T18:00:00Z)",
        "expires: 2027-02-30T00:00:00Z; 6:12: spec.expires: 2027-02-30T00:00:00Z (expected: a time with its offset, such as 2027-01-31T18:00:00Z)",
        "sample: {}; 6:11: spec.sample.by: missing (expected: what decides the share)",
        "sample: {by: {header: a, cookie: b}}; 6:16: spec.sample.by: header beside cookie (expected: one of header, cookie, queryParameter)",
        "sample: {by: {header: 'a b'}}; 6:25: spec.sample.by.header: \"a b\" (expected: a header's name)",
        "mirror: {subset: v2}; 6:11: spec.mirror.host: missing (expected: a DNS name)",
        "colour: red; 6:11: spec.colour: unknown field",
      })
  void field_wrong_isRefusedWithItsPlace(String field, String message) {
    assertThat(Texts.refusal(policy(field))).contains("a.yaml:" + message);
  }

  @Test
  void targetRef_wrong_isRefused() {
    assertThat(
            Texts.refusal(
                "apiVersion: espejo.io/v1\nkind: MirrorPolicy\nmetadata: {name: a}\nspec: {}\n"))
        .containsExactly(
            "a.yaml:4:7: spec.targetRef: missing (expected: a VirtualService by kind and name)");
    assertThat(Texts.refusal(policy("p", "name: A, group: a", "")))
        .containsExactly(
            "a.yaml:5:43: spec.targetRef.name: A (expected: a lower-case DNS name)",
            "a.yaml:5:53: spec.targetRef.group: a (expected: networking.istio.io)");
    assertThat(
            Texts.refusal(policy("name: httpbin").replace("kind: VirtualService", "kind: Gateway")))
        .contains("a.yaml:5:21: spec.targetRef.kind: Gateway (expected: VirtualService)");
  }

  @Test
  void apiVersionOrKind_unknown_isRefused() {
    assertThat(Texts.refusal(policy("").replace("espejo.io/v1", "espejo.io/v2")))
        .containsExactly("a.yaml:1:13: apiVersion: espejo.io/v2 (expected: espejo.io/v1)");
    assertThat(Texts.refusal(policy("").replace("kind: MirrorPolicy", "kind: Mirror")))
        .containsExactly("a.yaml:2:7: kind: Mirror (expected: MirrorPolicy)");
  }

  @Test
  void kind_ignored_isSkipped() throws Exception {
    RulesOptions ignoring = new RulesOptions("default", Set.of("MirrorPolicy"));
    assertThat(Rules.compile(Texts.files(policy("any: thing")), ignoring).warnings()).isEmpty();
  }

  @Test
  void sample_byEachKey_isRead() throws Exception {
    assertThat(rules("sample: {by: {header: X-User}}").sampleBy())
        .contains(new RequestKey.Header("X-User"));
    assertThat(rules("sample: {by: {queryParameter: user}}").sampleBy())
        .contains(new RequestKey.QueryParameter("user"));
  }

  @Test
  void expires_inThePast_warns() throws Exception {
    assertThat(warnings(policy("expires: 2020-01-01T00:00:00Z")))
        .singleElement()
        .asString()
        .endsWith(
            "spec.expires: 2020-01-01T00:00:00Z is past, so the mirrors of this policy send nothing");
    assertThat(rules("expires: 2020-01-01T00:00:00Z").expired()).isTrue();
    assertThat(rules("expires: 2999-01-01T00:00:00Z").expired()).isFalse();
    assertThat(warnings(policy("expires: 2999-01-01T00:00:00Z"))).isEmpty();
  }

  @Test
  void methods_inLowerCase_warn() throws Exception {
    assertThat(warnings(policy("methods: [get, HEAD]")))
        .singleElement()
        .asString()
        .endsWith("spec.methods[0]: get is not GET");
  }

  @Test
  void policy_ofTheVirtualService_isForAllItsMirrors() throws Exception {
    assertThat(names(policy(""))).containsExactly("default/p", "default/p", "default/p");
  }

  @Test
  void sectionName_narrowsToOneRoute() throws Exception {
    assertThat(names(policy("s", "name: httpbin, sectionName: b", "")))
        .containsExactly("", "default/s", "default/s");
  }

  @Test
  void mirror_narrowsToOneDestination() throws Exception {
    assertThat(names(policy("mirror: {host: httpbin, subset: v1}")))
        .containsExactly("", "", "default/p");
    assertThat(names(policy("mirror: {host: httpbin.default.svc.cluster.local}")))
        .containsOnly("default/p");
    assertThat(names(policy("mirror: {host: httpbin, port: {number: 8000}}"))).containsOnly("");
  }

  @Test
  void narrower_standsOverWider() throws Exception {
    assertThat(
            names(
                policy("all", "name: httpbin", ""),
                policy("section", "name: httpbin, sectionName: b", ""),
                policy("v2", "name: httpbin", "mirror: {host: httpbin, subset: v2}"),
                policy(
                    "both",
                    "name: httpbin, sectionName: b",
                    "mirror: {host: httpbin, subset: v2}")))
        .containsExactly("default/v2", "default/both", "default/section");
  }

  @Test
  void equallyNarrow_forOneMirror_areAnErrorThatNamesBoth() {
    String texts = ROUTES + "---\n" + policy("one", "name: httpbin", "") + "---\n";
    assertThat(Texts.refusal(texts + policy("other", "name: httpbin", ""), Texts.HTTPBIN))
        .singleElement()
        .asString()
        .endsWith(
            "metadata.name: default/other is for a mirror of VirtualService default/httpbin that"
                + " MirrorPolicy default/one in a.yaml is for, and neither is narrower");
  }

  @Test
  void equallyNarrow_forDifferentMirrors_stand() throws Exception {
    assertThat(
            names(
                policy("v1", "name: httpbin", "mirror: {host: httpbin, subset: v1}"),
                policy("v2", "name: httpbin", "mirror: {host: httpbin, subset: v2}")))
        .containsExactly("default/v2", "default/v2", "default/v1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "name: other;; spec.targetRef.name: no document defines VirtualService default/other",
        "name: httpbin, sectionName: c;; spec.targetRef.sectionName: c is no route of VirtualService default/httpbin",
        "name: httpbin; mirror: {host: httpbin, subset: v3}; spec.mirror: no such mirror of VirtualService default/httpbin, so this policy is for nothing",
        "name: httpbin, sectionName: a; mirror: {host: httpbin, subset: v1}; spec.mirror: no such mirror of VirtualService default/httpbin, so this policy is for nothing",
      })
  void targetThatNoDocumentDefines_warns(String target, String fields, String warning)
      throws Exception {
    assertThat(warnings(policy("p", target, fields == null ? "" : fields)))
        .singleElement()
        .asString()
        .endsWith(warning);
  }

  @Test
  void policy_ofAnotherNamespace_isForNothingHere() throws Exception {
    String other = policy("").replace("{name: p}", "{name: p, namespace: other}");
    assertThat(names(other)).containsOnly("");
    assertThat(warnings(other))
        .singleElement()
        .asString()
        .endsWith("no document defines VirtualService other/httpbin");
  }

  @Test
  void target_withoutAnyMirror_warns() throws Exception {
    assertThat(Texts.warnings(Texts.route("name: a") + "---\n" + policy("")))
        .singleElement()
        .asString()
        .endsWith(
            "spec.targetRef.name: no such mirror of VirtualService default/httpbin, so this policy"
                + " is for nothing");
  }

  @Nested
  class Delegates {
    private static final String DELEGATING =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: httpbin}
        spec:
          hosts: [httpbin]
          http:
          - name: root
            delegate: {name: inner}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: inner}
        spec:
          http:
          - name: leaf
            route: [{destination: {host: httpbin, subset: v1}}]
            mirror: {host: httpbin, subset: v2}
        """;

    private List<String> names(String... policies) throws RulesException {
      return mirrors(DELEGATING, policies).stream().map(mirror -> mirror.rules().policy()).toList();
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "name: httpbin",
          "name: httpbin, sectionName: root",
          "name: inner",
          "name: inner, sectionName: leaf"
        })
    void eitherVirtualService_withItsOwnRouteNames_isATarget(String target) throws Exception {
      assertThat(names(policy("p", target, ""))).containsExactly("default/p");
      assertThat(Texts.warnings(DELEGATING + "---\n" + policy("p", target, ""))).isEmpty();
    }

    @Test
    void delegatesPolicy_goesBeforeTheRoots() throws Exception {
      assertThat(names(policy("a", "name: httpbin", ""), policy("b", "name: inner", "")))
          .containsExactly("default/b");
      assertThat(
              names(
                  policy("a", "name: httpbin, sectionName: root", ""),
                  policy("b", "name: inner", "")))
          .containsExactly("default/a");
    }
  }

  @Test
  void mirrors_haveTheirClusters() throws Exception {
    assertThat(mirrors(policy(""))).extracting(Mirror::cluster).containsExactly(V2, V2, V1);
  }
}
