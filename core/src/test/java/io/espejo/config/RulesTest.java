package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.route.Condition;
import io.espejo.route.TextMatch;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesTest {
  @Test
  void field_unknown_isRefused() {
    assertThat(Texts.refusal(Texts.route("mirrorr: {host: httpbin}")))
        .containsExactly("a.yaml:13:14: spec.http[0].mirrorr: unknown field");
  }

  @Test
  void field_ofIstioButNotOfThisVersion_isRefusedByName() {
    assertThat(Texts.refusal(Texts.route("fault: {delay: {exponentialDelay: 1s}}")))
        .singleElement()
        .asString()
        .endsWith(": spec.http[0].fault.delay.exponentialDelay: not carried out by this version");
  }

  @Test
  void field_twice_isRefused() {
    assertThat(Texts.refusal(Texts.route("name: a\nname: b")))
        .containsExactly("a.yaml:14:5: spec.http[0].name: duplicate key (the first is on line 13)");
    assertThat(Texts.refusal(Texts.route("mirror_percent: 1\nmirrorPercent: 2\nmirror: {host: a}")))
        .contains(
            "a.yaml:14:5: spec.http[0].mirrorPercent: duplicate key (the first is on line 13)");
  }

  @Test
  void field_ofAnotherType_isRefused() {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: httpbin, namespace: 7}
        spec:
          hosts: httpbin
          http:
          - name: 5
            match: {}
            route:
            - destination: httpbin
              weight: 1.5
            mirror: [a]
        """;
    assertThat(Texts.refusal(text))
        .containsExactly(
            "a.yaml:3:38: metadata.namespace: 7 (expected: text)",
            "a.yaml:5:10: spec.hosts: httpbin (expected: a list)",
            "a.yaml:7:11: spec.http[0].name: 5 (expected: text)",
            "a.yaml:8:12: spec.http[0].match: a mapping (expected: a list)",
            "a.yaml:10:20: spec.http[0].route[0].destination: httpbin (expected: a mapping)",
            "a.yaml:11:15: spec.http[0].route[0].weight: 1.5 (expected: 0..2147483647)",
            "a.yaml:12:13: spec.http[0].mirror: a list (expected: a mapping)");
  }

  @Test
  void document_withoutItsFields_isRefusedForEach() {
    assertThat(Texts.refusal("apiVersion: networking.istio.io/v1\nkind: VirtualService\n"))
        .containsExactly(
            "a.yaml:1:1: metadata: missing (expected: a mapping with a name)",
            "a.yaml:1:1: spec: missing (expected: a mapping)");
    assertThat(Texts.refusal("a: 1\n"))
        .containsExactly(
            "a.yaml:1:1: apiVersion: missing (expected: networking.istio.io/v1)",
            "a.yaml:1:1: kind: missing (expected: VirtualService, DestinationRule, ServiceEntry or WorkloadEntry)");
    assertThat(Texts.refusal("- a\n")).containsExactly("a.yaml:1:1: a list (expected: a mapping)");
    assertThat(Texts.refusal("text\n")).containsExactly("a.yaml:1:1: text (expected: a mapping)");
    assertThat(
            Texts.refusal(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: My_name, colour: red}
                spec: {}
                extra: 1
                """))
        .containsExactly(
            "a.yaml:3:18: metadata.name: My_name (expected: a lower-case DNS name)",
            "a.yaml:3:35: metadata.colour: unknown field",
            "a.yaml:4:7: spec.http: missing (expected: at least one route)",
            "a.yaml:5:8: extra: unknown field");
  }

  @Test
  void document_withStandardMetadataAndStatus_isAccepted() throws Exception {
    String text =
        Texts.HTTPBIN.replaceFirst(
            "metadata:\n  name: httpbin\n",
            """
            metadata:
              name: httpbin
              namespace: default
              labels: {a: b}
              annotations: {a: "{}"}
              uid: x
              resourceVersion: "1"
              generation: 1
              creationTimestamp: 2026-11-23T08:00:00Z
              managedFields: []
            status: {conditions: []}
            """);
    assertThat(Texts.compile(text).warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"v1", "v1beta1", "v1alpha3"})
  void apiVersion_anyOfIstios_isAccepted(String version) throws Exception {
    assertThat(Texts.compile(Texts.HTTPBIN.replace("io/v1", "io/" + version)).clusters())
        .hasSize(3);
  }

  @Test
  void apiVersion_unknown_isRefused() {
    assertThat(
            Texts.refusal(
                Texts.virtualService("- route: [{destination: {host: a}}]")
                    .replace("io/v1", "io/v2")))
        .containsExactly(
            "a.yaml:1:13: apiVersion: networking.istio.io/v2"
                + " (expected: networking.istio.io/v1, v1beta1 or v1alpha3)");
  }

  @ParameterizedTest
  @CsvSource({
    "networking.istio.io/v1, Gateway",
    "networking.istio.io/v1, Sidecar",
    "networking.istio.io/v1alpha3, EnvoyFilter",
    "networking.istio.io/v1, WorkloadGroup",
    "security.istio.io/v1, AuthorizationPolicy",
    "telemetry.istio.io/v1, Telemetry",
  })
  void kind_notCarriedOut_isRefusedUnlessIgnored(String apiVersion, String kind) throws Exception {
    String text = "apiVersion: " + apiVersion + "\nkind: " + kind + "\nspec: {any: thing}\n";
    assertThat(Texts.refusal(text))
        .containsExactly(
            "a.yaml:2:7: kind: "
                + kind
                + " is not carried out by this version (the setting ignoreKinds skips it)");
    RulesOptions ignoring = new RulesOptions("default", Set.of(kind));
    assertThat(Rules.compile(Texts.files(text), ignoring).warnings()).isEmpty();
  }

  @Test
  void kind_unknownToIstio_isRefused() {
    assertThat(Texts.refusal("apiVersion: networking.istio.io/v1\nkind: Virtualservice\n"))
        .containsExactly(
            "a.yaml:2:7: kind: Virtualservice"
                + " (expected: VirtualService, DestinationRule, ServiceEntry or WorkloadEntry)");
  }

  @Test
  void kind_ofAForeignGroup_isSkippedWithAWarning() throws Exception {
    String text =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: httpbin, odd: 1}
        ---
        apiVersion: apps/v1
        kind: Deployment
        """;
    assertThat(Texts.compile(text).warnings())
        .extracting(Problem::toString)
        .containsExactly(
            "a.yaml:2:7: warning: kind: Service of v1 is no rule, and is skipped",
            "a.yaml:6:7: warning: kind: Deployment of apps/v1 is no rule, and is skipped");
  }

  @Test
  void list_ofDocuments_isReadAsThem() throws Exception {
    String items =
        Texts.HTTPBIN.replace("---\n", "").indent(2).replace("  apiVersion", "- apiVersion");
    String text = "apiVersion: v1\nkind: List\nitems:\n" + items;
    assertThat(Texts.compile(text).clusters()).hasSize(3);
    assertThat(Texts.refusal(text.replace("number: 8000", "number: 0")))
        .containsExactly("a.yaml:13:15: items[0].spec.ports[0].number: 0 (expected: 1..65535)");
  }

  @Test
  void json_isReadAsYaml() throws Exception {
    String json =
        """
        {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
        \t"metadata": {"name": "x"},
        \t"spec": {"hosts": ["x.org"], "http": [{"route": [{"destination": {"host": "x.org"}}]}]}}
        """;
    assertThat(Texts.compile(json).routes().virtualHost("x.org:80")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "No", "ON", "off", "y", "N"})
  void text_thatYaml11TakesForABoolean_isRefusedUnlessQuoted(String word) throws Exception {
    assertThat(Texts.refusal(Texts.route("name: " + word)))
        .containsExactly(
            "a.yaml:13:11: spec.http[0].name: "
                + word
                + " (expected: text; unquoted, this is true or false)");
    assertThat(Texts.warnings(Texts.route("name: '" + word + "'"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"yes, true", "On, true", "Y, true", "TRUE, true", "no, false", "Off, false"})
  void flag_inTheWordsOfYaml11_isRead(String word, boolean ignoreCase) throws Exception {
    String text = Texts.route("match: [{uri: {exact: /a}, ignoreUriCase: " + word + "}]");
    assertThat(
            Texts.compileWithHttpbin(text)
                .routes()
                .virtualHost("httpbin")
                .orElseThrow()
                .routes()
                .get(0)
                .matches()
                .get(0)
                .conditions())
        .containsExactly(new Condition.Path(new TextMatch.Exact("/a", ignoreCase)));
  }

  @Test
  void anchorsAndMergeKeys_areResolved() throws Exception {
    String text =
        Texts.virtualService(
            """
            - name: first
              match: [{uri: {exact: /a}}]
              route: &v1
              - &d {destination: {host: httpbin, subset: v1}}
            - name: second
              route:
              - <<: *d
                weight: 5
              mirrors: []
            """);
    assertThat(
            Texts.compileWithHttpbin(text).routes().virtualHost("httpbin").orElseThrow().routes())
        .extracting(route -> Texts.forward(route).clusters().get(0).cluster())
        .containsOnly("outbound|8000|v1|httpbin.default.svc.cluster.local");
  }

  @Test
  void problems_ofSeveralFiles_areReportedTogetherInOrder() {
    String broken = Texts.virtualService("- {}\n- route: [{destination: {}}]\n- rout: []");
    assertThat(Texts.refusal(broken, "a: [", broken))
        .containsExactly(
            "a.yaml:4:9: warning: metadata.name:"
                + " VirtualService default/httpbin is overridden by c.yaml",
            "a.yaml:9:5: spec.http[0].route: missing (expected: route, redirect, directResponse or delegate)",
            "a.yaml:10:27: spec.http[1].route[0].destination.host: missing (expected: a DNS name)",
            "a.yaml:11:5: spec.http[2].route: missing (expected: route, redirect, directResponse or delegate)",
            "a.yaml:11:11: spec.http[2].rout: unknown field",
            "b.yaml:1:5: expected the node content, but found '<stream end>'"
                + " (while parsing a flow node that began on line 1)",
            "c.yaml:9:5: spec.http[0].route: missing (expected: route, redirect, directResponse or delegate)",
            "c.yaml:10:27: spec.http[1].route[0].destination.host: missing (expected: a DNS name)",
            "c.yaml:11:5: spec.http[2].route: missing (expected: route, redirect, directResponse or delegate)",
            "c.yaml:11:11: spec.http[2].rout: unknown field");
  }

  @Test
  void problems_errorsAndWarnings_areKeptApart() {
    String text = Texts.route("mirrorPercentage: {}\nmirrorr: 1");
    assertThatThrownBy(() -> Texts.compile(text))
        .isInstanceOfSatisfying(
            RulesException.class,
            refusal ->
                assertThat(refusal.problems())
                    .extracting(Problem::severity)
                    .containsExactly(Severity.WARNING, Severity.WARNING, Severity.ERROR));
  }

  @Test
  void object_inTwoFiles_isTheOneOfTheFileThatSortsLast() throws Exception {
    String one = Texts.route("name: one");
    String two = Texts.route("name: two");
    CompiledRules rules =
        Rules.compile(
            List.of(
                Texts.file("2.yaml", two),
                Texts.file("1.yaml", one),
                Texts.file("0.yaml", Texts.HTTPBIN)),
            RulesOptions.DEFAULT);
    assertThat(rules.routes().virtualHost("httpbin").orElseThrow().routes().get(0).name())
        .isEqualTo("two");
    assertThat(rules.warnings())
        .extracting(Problem::toString)
        .containsExactly(
            "1.yaml:4:9: warning: metadata.name:"
                + " VirtualService default/httpbin is overridden by 2.yaml");
  }

  @Test
  void object_twiceInOneFile_isRefused() {
    String text = Texts.route("name: one");
    assertThat(Texts.refusal(text + "---\n" + text))
        .containsExactly(
            "a.yaml:18:9: metadata.name:"
                + " VirtualService default/httpbin is on line 4 of this file too");
  }

  @Test
  void message_withControlCharactersOrLongText_staysOneLine() {
    assertThat(Texts.refusal(Texts.route("mirror: {host: \"a\\nb\"}")))
        .containsExactly("a.yaml:13:20: spec.http[0].mirror.host: \"a?b\" (expected: a DNS name)");
    assertThat(Texts.refusal(Texts.route("mirror: {host: " + "a".repeat(300) + "}")))
        .containsExactly(
            "a.yaml:13:20: spec.http[0].mirror.host: "
                + "a".repeat(77)
                + "... (expected: a DNS name)");
  }

  /** What the engine throws of these is none of its own exceptions. */
  @ParameterizedTest
  @ValueSource(strings = {"a: \"\\UFFFFFFFF\"", "a: !b%20 c"})
  void text_thatTheEngineStumblesOver_isRefusedWithItsPlace(String text) {
    assertThat(Texts.refusal(text)).singleElement().asString().startsWith("a.yaml:1:");
  }

  @Test
  void values_manyMoreThanTheLimit_areNotKept() {
    assertThat(Texts.refusal("a: [" + "a,".repeat(1_000_000) + "]"))
        .singleElement()
        .asString()
        .endsWith("more than 1000000 keys and values");
  }

  @Test
  void nesting_100Levels_isTheLimit() {
    assertThat(Texts.refusal("[".repeat(100) + "]".repeat(100)))
        .containsExactly("a.yaml:1:1: a list (expected: a mapping)");
    assertThat(Texts.refusal("[".repeat(101) + "]".repeat(101)))
        .containsExactly("a.yaml:1:101: nested more than 100 levels deep");
    assertThat(Texts.refusal("{a: ".repeat(100_000)))
        .containsExactly("a.yaml:1:401: nested more than 100 levels deep");
  }

  @Test
  void aliases_50OfCollections_isTheLimit() {
    String text = "a: &a {b: c}\nd: [" + "*a, ".repeat(51) + "]\n";
    assertThat(Texts.refusal(text))
        .singleElement()
        .asString()
        .startsWith("a.yaml:2:")
        .endsWith("Number of aliases for non-scalar nodes exceeds the specified max=50");
    assertThat(Texts.refusal(text.replaceFirst("\\*a, ", ""))).noneMatch(l -> l.contains("alias"));
  }

  @Test
  void alias_insideItsOwnAnchor_isRefused() {
    assertThat(Texts.refusal("a: &a\n  <<: *a\n"))
        .containsExactly("a.yaml:2:7: alias *a inside its own anchor");
    assertThat(Texts.refusal("a: &a [[*a]]\n"))
        .containsExactly("a.yaml:1:9: alias *a inside its own anchor");
  }

  @Test
  void values_multipliedByAliases_haveALimit() {
    StringBuilder text = new StringBuilder("a: &a [" + "{}, ".repeat(5_000) + "]\n");
    text.append(
        """
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: x}
        spec:
          hosts: [x]
          http:
          - &r
            route: &m
        """);
    text.append("    - {destination: {host: a}}\n".repeat(30_000));
    text.append("  - *r\n".repeat(20));
    assertThat(Texts.refusal(text.toString()))
        .anyMatch(line -> line.endsWith("more than 1000000 values in all files"));
  }

  @Test
  void documents_over10000_areRefused() {
    assertThat(Texts.refusal("--- {apiVersion: v1, kind: Service}\n".repeat(10_001)))
        .contains("a.yaml:10001:5: more than 10000 documents in all files");
  }

  @Test
  void bytes_over16MiBInAll_areRefused() {
    String half = "#".repeat(8 << 20);
    assertThat(Texts.refusal(half, half)).isEmpty();
    assertThat(Texts.refusal(half, half, "#"))
        .containsExactly("c.yaml:1:1: more than 16 MiB in all files");
  }

  @Test
  void encoding_notUtf8OrNotPrintable_isRefused() {
    assertThatThrownBy(
            () ->
                Rules.compile(
                    List.of(new RuleFile("a.yaml", new byte[] {'a', '\n', 'b', (byte) 0xff})),
                    RulesOptions.DEFAULT))
        .hasMessage("a.yaml:2:2: not UTF-8");
    assertThat(Texts.refusal("a: 1\nb: \u0001\n"))
        .containsExactly("a.yaml:2:4: character U+0001 is not allowed");
    assertThat(Texts.refusal("\uFEFFa: 1\n")).first().asString().contains("apiVersion: missing");
    assertThat(Texts.refusal("a: 1\n\tb: 2\n"))
        .containsExactly(
            "a.yaml:2:1: found character '\\t(TAB)' that cannot start any token."
                + " (Do not use \\t(TAB) for indentation)");
    assertThat(Texts.refusal("[a]: b\n"))
        .singleElement()
        .asString()
        .contains("Non scalar key is detected");
  }
}
