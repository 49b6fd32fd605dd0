package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Forward;
import io.espejo.route.Mirror;
import io.espejo.route.Route;
import io.espejo.route.RouteTable;
import io.espejo.route.Share;
import io.espejo.route.VirtualHost;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalkthroughTest {
  private static final String HOST = "httpbin.default.svc.cluster.local";
  private static final String WHOLE = "outbound|8000||" + HOST;
  private static final String V1 = "outbound|8000|v1|" + HOST;
  private static final String V2 = "outbound|8000|v2|" + HOST;

  @Test
  void service_withoutVirtualService_isBalancedOverAllItsEndpoints() throws Exception {
    CompiledRules rules = Texts.compile(Texts.HTTPBIN);
    assertThat(routes(rules, "httpbin:8000"))
        .containsExactly(route("default", new WeightedCluster(WHOLE, 1)));
    EndpointSpec v1 = new EndpointSpec("127.0.0.1", 8081, 1);
    EndpointSpec v2 = new EndpointSpec("127.0.0.1", 8082, 1);
    assertThat(rules.clusters())
        .isEqualTo(
            Map.of(
                WHOLE,
                ClusterSpec.of(WHOLE, List.of(v1, v2)),
                V1,
                ClusterSpec.of(V1, List.of(v1)),
                V2,
                ClusterSpec.of(V2, List.of(v2))));
    assertThat(rules.warnings()).isEmpty();
  }

  @Test
  void virtualService_allToV1_hasNoMirror() throws Exception {
    CompiledRules rules =
        Texts.compileWithHttpbin(
            Texts.virtualService(
                """
                - route:
                  - destination:
                      host: httpbin
                      subset: v1
                    weight: 100
                """));
    assertThat(routes(rules, "httpbin"))
        .containsExactly(route("httpbin/0", new WeightedCluster(V1, 100)));
    assertThat(rules.warnings()).isEmpty();
  }

  @Test
  void virtualService_withMirror_mirrorsToV2() throws Exception {
    CompiledRules rules =
        Texts.compileWithHttpbin(
            Texts.route(
                """
                mirror:
                  host: httpbin
                  subset: v2
                mirrorPercentage:
                  value: 100.0
                """));
    assertThat(Texts.forward(routes(rules, "httpbin").get(0)).mirrors())
        .containsExactly(new Mirror(V2, Share.ALL));
    assertThat(rules.warnings()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "httpbin",
        "httpbin:8000",
        "HTTPBIN:80",
        "httpbin.default",
        "httpbin.default.svc",
        "httpbin.default.svc:8000",
        HOST,
        HOST + ".",
      })
  void service_anyOfItsNames_isFound(String authority) throws Exception {
    assertThat(Texts.compile(Texts.HTTPBIN).routes().virtualHost(authority))
        .map(VirtualHost::name)
        .contains(HOST);
  }

  @Test
  void service_ofAnotherNamespace_hasNoShortName() throws Exception {
    RouteTable table =
        Rules.compile(Texts.files(Texts.HTTPBIN), new RulesOptions("other", java.util.Set.of()))
            .routes();
    assertThat(table.virtualHost("httpbin")).isEmpty();
    assertThat(table.virtualHost("httpbin.default")).isPresent();
  }

  @Test
  void brokenIndentation_asInTheOriginalPage_isRefusedWithLineAndReason() {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: httpbin
        spec:
          hosts:
        - httpbin
          http:
          - route:
        - destination:
            host: httpbin
            subset: v1
          weight: 100
        """;
    assertThat(Texts.refusal(text))
        .containsExactly(
            "a.yaml:7:1: expected <block end>, but found '-'"
                + " (while parsing a block mapping that began on line 1)");
  }

  @Test
  void files_none_knowNoHost() throws Exception {
    assertThat(Texts.compile().routes().virtualHost("httpbin")).isEmpty();
    assertThat(Texts.compile("", "# nothing\n", "---\n---\n").clusters()).isEmpty();
  }

  private static Route route(String name, WeightedCluster cluster) {
    return new Route(name, List.of(), Forward.to(List.of(cluster), List.of()));
  }

  private static List<Route> routes(CompiledRules rules, String authority) {
    return rules.routes().virtualHost(authority).orElseThrow().routes();
  }
}
