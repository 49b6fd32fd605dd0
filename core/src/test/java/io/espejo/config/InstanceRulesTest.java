package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Condition;
import io.espejo.route.Route;
import io.espejo.route.Share;
import io.espejo.route.TextMatch;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for which instance, and delegates. */
class InstanceRulesTest {
  private static final RulesOptions INSTANCE =
      new RulesOptions(
          "default", Set.of(), Set.of("mesh", "edge"), Map.of("app", "shop", "version", "v1"), 0);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port: 8000|true",
        "port: 80|false",
        "gateways: [mesh]|true",
        "gateways: [other, edge]|true",
        "gateways: [default/edge]|true",
        "gateways: [edge.default.svc.cluster.local]|true",
        "gateways: [other]|false",
        "gateways: [mesh], sourceNamespace: other|true",
        "sourceLabels: {app: shop}|true",
        "sourceLabels: {app: shop, tier: a}|false",
        "sourceNamespace: default|true",
        "sourceNamespace: other|false"
      })
  void match_ofAnotherInstance_isLeftOut(String match, boolean holds) throws Exception {
    String text =
        Texts.virtualService(
            """
            - name: special
              match: [{%s}]
              route: [{destination: {host: httpbin}}]
            - name: rest
              route: [{destination: {host: httpbin}}]
            """
                .formatted(match));
    assertThat(names(text)).isEqualTo(holds ? List.of("special", "rest") : List.of("rest"));
  }

  @Test
  void port_ofTheSetting_beatsTheServices() throws Exception {
    RulesOptions at80 = new RulesOptions("default", Set.of(), Set.of("mesh"), Map.of(), 80);
    String text =
        Texts.virtualService(
            "- {name: a, match: [{port: 80}], route: [{destination: {host: httpbin}}]}");
    assertThat(
            Rules.compile(Texts.files(text, Texts.HTTPBIN), at80)
                .routes()
                .virtualHost("httpbin")
                .orElseThrow()
                .routes())
        .extracting(Route::name)
        .containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gateways: [other]",
        "gateways: [other/edge]",
        "exportTo: [other]",
        "metadata: {name: x, namespace: other}#exportTo: ['.']"
      })
  void virtualService_ofAnotherInstance_isLeftOutWithAWarning(String field) throws Exception {
    String text = virtualService(field, "- {name: a, route: [{destination: {host: httpbin}}]}");
    CompiledRules rules = Rules.compile(Texts.files(text, Texts.HTTPBIN), INSTANCE);
    assertThat(rules.routes().virtualHost("httpbin").orElseThrow().routes())
        .extracting(Route::name)
        .containsExactly("default");
    assertThat(rules.warnings()).extracting(Problem::message).anyMatch(m -> m.contains("left out"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"gateways: [edge]", "gateways: [a, mesh]", "exportTo: ['*']", "exportTo: ['.']"})
  void virtualService_ofThisInstance_holds(String field) throws Exception {
    String text = virtualService(field, "- {name: a, route: [{destination: {host: httpbin}}]}");
    assertThat(names(text)).containsExactly("a");
  }

  @Test
  void gateways_absent_areTheMeshAlone() throws Exception {
    String text = Texts.virtualService("- {name: a, route: [{destination: {host: httpbin}}]}");
    RulesOptions edge = new RulesOptions("default", Set.of(), Set.of("edge"), Map.of(), 0);
    assertThat(
            Rules.compile(Texts.files(text, Texts.HTTPBIN), edge)
                .routes()
                .virtualHost("httpbin")
                .orElseThrow()
                .routes())
        .extracting(Route::name)
        .containsExactly("default");
    assertThat(names(text)).containsExactly("a");
  }

  @Test
  void virtualService_withoutARouteThatHolds_isAsIfItWereNotThere() throws Exception {
    String text =
        Texts.virtualService("- {match: [{port: 81}], route: [{destination: {host: httpbin}}]}");
    assertThat(names(text)).containsExactly("default");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exportTo: [., default]|exportTo[1]: duplicate namespace default",
        "exportTo: ['*', a]|exportTo[1]: a namespace beside * (expected: one of them)",
        "exportTo: ['~']|exportTo[0]: \"~\" (expected: ., *, or a namespace)",
        "gateways: ['1']|gateways[0]: \"1\" (expected: mesh, or a gateway's name with or without"
            + " its namespace)",
        "gateways: [/x]|gateways[0]: /x (expected: mesh, or a gateway's name with or without its"
            + " namespace)"
      })
  void exportToOrGateways_malformed_areRefused(String field, String message) {
    assertThat(Texts.refusal(virtualService(field, "- {route: [{destination: {host: httpbin}}]}")))
        .singleElement()
        .asString()
        .endsWith("spec." + message);
  }

  @Test
  void match_nameAndStatPrefix_areLabelsOnly() throws Exception {
    String text =
        Texts.virtualService(
            "- {name: r, match: [{name: m, statPrefix: s}], route: [{destination: {host: a}}]}");
    assertThat(names(text)).containsExactly("r.m");
  }

  @Test
  void withoutHeaders_ofEachForm_areRead() throws Exception {
    String text =
        Texts.route(
            """
            match:
            - withoutHeaders: {x-a: {exact: a}, x-b: {}, x-c: {regex: "*"}, x-d: null}
              scheme: {exact: https}
              headers: {":path": {exact: /a}, uri: {exact: /b}, x-e: null}
            """);
    assertThat(routes(text).get(0).matches().get(0).conditions())
        .containsExactly(
            new Condition.Scheme(exact("https")),
            new Condition.Target(exact("/a")),
            new Condition.Header("uri", exact("/b")),
            new Condition.Header("x-e", TextMatch.PRESENT),
            new Condition.Not(new Condition.Header("x-a", exact("a"), true)),
            new Condition.Not(new Condition.Header("x-b", TextMatch.PRESENT)),
            new Condition.Not(new Condition.Header("x-c", TextMatch.PRESENT)),
            new Condition.Not(new Condition.Header("x-d", TextMatch.PRESENT)));
  }

  private static String root(String fields) {
    return Texts.virtualService(
        "- {name: root, delegate: {name: sub}, "
            + fields
            + "}\n"
            + "- {name: last, route: [{destination: {host: httpbin}}]}");
  }

  private static String delegate(String http) {
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: sub}
        spec:
          http:
        """
        + http.indent(2);
  }

  private static final String TO_HTTPBIN = "route: [{destination: {host: httpbin}}]";

  @Test
  void delegate_matchesInsideTheRoots_areMerged() throws Exception {
    List<Route> routes =
        routes(
            root("match: [{name: m, uri: {prefix: /a}, headers: {x-a: {exact: a}}}]"),
            delegate(
                "- {name: one, match: [{uri: {prefix: /a/b}}], "
                    + TO_HTTPBIN
                    + "}\n- {match: [{name: inner, method: {exact: GET}}], "
                    + TO_HTTPBIN
                    + "}\n- {name: three, "
                    + TO_HTTPBIN
                    + "}"));
    assertThat(routes)
        .extracting(Route::name)
        .containsExactly("root-one.m", "root.m-inner", "root-three.m", "last");
    assertThat(routes.get(0).matches().get(0).conditions())
        .containsExactly(
            new Condition.Path(new TextMatch.Prefix("/a/b", false)),
            new Condition.Header("x-a", exact("a")));
    assertThat(routes.get(1).matches().get(0).conditions())
        .containsExactly(
            new Condition.Path(new TextMatch.Prefix("/a", false)),
            new Condition.Method(exact("GET")),
            new Condition.Header("x-a", exact("a")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uri: {prefix: /a/b}|uri: {prefix: /a}",
        "uri: {exact: /a}|uri: {prefix: /a}",
        "uri: {exact: /a}|uri: {exact: /b}",
        "uri: {regex: /a}|uri: {exact: /a}",
        "uri: {regex: /a}|uri: {regex: /a}",
        "uri: {prefix: /a}|uri: {regex: /a.*}",
        "headers: {x: {}}|headers: {x: {exact: a}}",
        "ignoreUriCase: true|method: {exact: GET}",
        "port: 8000|port: 80",
        "sourceNamespace: default|method: {exact: GET}",
        "sourceLabels: {app: shop}|sourceLabels: {app: other}",
        "gateways: [mesh]|gateways: [edge]"
      })
  void delegate_matchOutsideOfTheRoots_isLeftOutWithAWarning(String outer, String inner)
      throws Exception {
    String root = root("match: [{" + outer + "}]");
    String sub = delegate("- {match: [{" + inner + "}], " + TO_HTTPBIN + "}");
    assertThat(routes(root, sub)).extracting(Route::name).containsExactly("last");
    assertThat(Rules.compile(Texts.files(root, sub, Texts.HTTPBIN), INSTANCE).warnings())
        .extracting(Problem::message)
        .containsExactly("lies outside of spec.http[0], and is left out");
  }

  @Test
  void delegate_ownFields_goBeforeTheRoots() throws Exception {
    List<Route> routes =
        routes(
            root(
                "mirror: {host: httpbin, subset: v1}, mirrorPercentage: {value: 10},"
                    + " rewrite: {authority: root.org}, headers: {request: {set: {a: root}}}"),
            delegate(
                "- {mirrors: [{destination: {host: httpbin, subset: v2}}],"
                    + " headers: {request: {set: {a: sub}}}, "
                    + TO_HTTPBIN
                    + "}"));
    // As in Istio, a root's mirror and a delegate's mirrors both stand.
    assertThat(Texts.forward(routes.get(0)).mirrors())
        .extracting(mirror -> mirror.cluster().split("\\|")[2] + " " + mirror.share())
        .containsExactly("v1 " + new Share(100_000), "v2 " + Share.ALL);
    assertThat(Texts.forward(routes.get(0)).rewrite().orElseThrow().authority())
        .isEqualTo("root.org");
    assertThat(Texts.forward(routes.get(0)).edits().request().set().get(0).value())
        .hasToString("sub");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timeout: 1s|timeout: 2s",
        "retries: {attempts: 1}|retries: {attempts: 7}",
        "rewrite: {uri: /root}|rewrite: {uri: /sub}",
        "headers: {request: {remove: [root]}}|headers: {request: {remove: [sub]}}",
        "fault: {abort: {httpStatus: 500}}|fault: {abort: {httpStatus: 400}}",
        "corsPolicy: {maxAge: 1s}|corsPolicy: {maxAge: 2s}",
        "mirror: {host: a}|mirror: {host: b}",
        "mirrors: [{destination: {host: a}}]|mirrors: [{destination: {host: b}}]",
        "mirror: {host: a}, mirrorPercentage: {value: 10}|mirrorPercentage: {value: 20}",
        "mirror: {host: a}, mirrorPercent: 10|mirrorPercent: 20",
        "mirror: {host: a}, mirrorPercent: 10|mirrorPercentage: {value: 20}"
      })
  void delegate_eachField_goesBeforeTheRootsOrIsIt(String ofRoot, String ofDelegate)
      throws Exception {
    Route neither = merged("", "");
    Route onlyRoot = merged(ofRoot, "");
    Route both = merged(ofRoot, ofDelegate);
    assertThat(onlyRoot).isNotEqualTo(neither);
    assertThat(both).isNotEqualTo(onlyRoot).isNotEqualTo(neither);
    String own =
        ofDelegate.contains("Percent") ? ofRoot.split(", ")[0] + ", " + ofDelegate : ofDelegate;
    assertThat(both).isEqualTo(merged("", own));
  }

  private static Route merged(String ofRoot, String ofDelegate) throws RulesException {
    String sub = "- {" + TO_HTTPBIN + (ofDelegate.isEmpty() ? "" : ", " + ofDelegate) + "}";
    return routes(root(ofRoot.isEmpty() ? "match: []" : ofRoot), delegate(sub)).get(0);
  }

  @Test
  void delegate_thatIsNotThereOrNotExported_leavesTheRouteOut() throws Exception {
    assertThat(routes(root("match: []"))).extracting(Route::name).containsExactly("last");
    String hidden =
        delegate("- {" + TO_HTTPBIN + "}").replace("spec:", "spec:\n  exportTo: [other]");
    assertThat(routes(root("match: []"), hidden)).extracting(Route::name).containsExactly("last");
  }

  @Test
  void delegate_ofAnotherNamespace_namesItsOwnServices() throws Exception {
    String sub =
        delegate("- {route: [{destination: {host: shop}}]}")
            .replace("{name: sub}", "{name: sub, namespace: other}");
    String root = root("match: []").replace("{name: sub}", "{name: sub, namespace: other}");
    assertThat(Texts.forward(routes(root, sub).get(0)).clusters().get(0).cluster())
        .endsWith("||shop.other.svc.cluster.local");
  }

  @Test
  void delegate_withGatewaysOrDelegates_isRefused() {
    assertThat(
            Texts.refusal(
                delegate("- {delegate: {name: x}}").replace("spec:", "spec:\n  gateways: [a]")))
        .containsExactly(
            "a.yaml:5:3: spec: gateways without hosts (expected: hosts, or a delegate without"
                + " both)",
            "a.yaml:7:5: spec.http[0]: a delegate in a delegate");
  }

  private static TextMatch exact(String text) {
    return new TextMatch.Exact(text, false);
  }

  private static String virtualService(String field, String http) {
    String text = Texts.virtualService(http);
    String[] parts = field.split("#", 2);
    return parts.length == 1
        ? text.replace("spec:", "spec:\n  " + field)
        : text.replace("metadata:\n  name: httpbin", parts[0])
            .replace("- httpbin\n", "- httpbin.default.svc.cluster.local\n")
            .replace("spec:", "spec:\n  " + parts[1]);
  }

  private static List<String> names(String text) throws RulesException {
    return routes(text).stream().map(Route::name).toList();
  }

  private static List<Route> routes(String... texts) throws RulesException {
    List<RuleFile> files = new java.util.ArrayList<>(Texts.files(texts));
    files.add(Texts.file("httpbin.yaml", Texts.HTTPBIN));
    return Rules.compile(files, INSTANCE).routes().virtualHost("httpbin").orElseThrow().routes();
  }
}
