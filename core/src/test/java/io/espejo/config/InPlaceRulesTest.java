package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espejo.route.VirtualHost;
import io.espejo.route.WeightedCluster;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules for an application that is one of their destinations itself. */
class InPlaceRulesTest {
  private static final RulesOptions IN_V1 =
      new RulesOptions(
          "default",
          Set.of(),
          Set.of("mesh"),
          Map.of(),
          0,
          Optional.of(LocalService.parse("httpbin/v1", "default")));

  private static CompiledRules compile(String text) throws RulesException {
    return Rules.compile(
        List.of(Texts.file("a.yaml", text), Texts.file("httpbin.yaml", Texts.HTTPBIN)), IN_V1);
  }

  private static List<WeightedCluster> clusters(CompiledRules rules) {
    List<VirtualHost> hosts = rules.routes().virtualHosts();
    return Texts.forward(hosts.get(0).routes().get(0)).clusters();
  }

  @ParameterizedTest
  @CsvSource({
    "httpbin/v1, httpbin.default.svc.cluster.local, v1",
    "httpbin, httpbin.default.svc.cluster.local, ''",
    "Shop.other.svc.cluster.local/v2, shop.other.svc.cluster.local, v2"
  })
  void local_namesAHostAndASubset(String text, String host, String subset) {
    assertThat(LocalService.parse(text, "default")).isEqualTo(new LocalService(host, subset));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/v1", "httpbin/", "httpbin/v1/x", "http bin/v1", "*/v1"})
  void local_thatIsNeither_isRefused(String text) {
    assertThatThrownBy(() -> LocalService.parse(text, "default"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("local: " + text);
  }

  @Test
  void destination_thatIsTheApplication_isLocal() throws Exception {
    CompiledRules rules =
        compile(
            Texts.virtualService(
                "- route: [{destination: {host: httpbin, subset: v1}, weight: 90},"
                    + " {destination: {host: httpbin, subset: v2}, weight: 10}]"));

    assertThat(clusters(rules)).extracting(WeightedCluster::local).containsExactly(true, false);
  }

  @Test
  void application_needsNoDocumentOfItself() throws Exception {
    String text = Texts.route("").replace("httpbin", "shop");
    RulesOptions inShop =
        new RulesOptions(
            "default",
            Set.of(),
            Set.of("mesh"),
            Map.of(),
            0,
            Optional.of(LocalService.parse("shop/v1", "default")));

    CompiledRules rules = Rules.compile(List.of(Texts.file("a.yaml", text)), inShop);

    assertThat(clusters(rules)).extracting(WeightedCluster::local).containsExactly(true);
    assertThat(rules.warnings()).isEmpty();
  }

  @Test
  void service_withoutAVirtualService_isLeftToTheApplication() throws Exception {
    CompiledRules rules = Rules.compile(Texts.files(Texts.HTTPBIN), IN_V1);

    assertThat(rules.routes().virtualHosts()).allMatch(host -> host.routes().isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rewrite: {uri: /x}|rewrite",
        "rewrite: {authority: x.example}|rewrite",
        "timeout: 1s|timeout",
        "retries: {attempts: 1}|retries",
        "fault: {delay: {fixedDelay: 1s, percentage: {value: 1}}}|fault.delay",
        "headers: {request: {set: {host: x.example}}}|another authority",
        "headers: {response: {set: {x-a: '%RESP(x-b)%'}}}|%RESP(...)% in headers of the answer"
      })
  void field_thatCannotBeCarriedOutInPlace_isRefused(String field, String what) {
    assertThat(refusal(Texts.route(field)))
        .containsExactly(
            "a.yaml:9:5: spec.http[0]: "
                + what
                + " is not carried out where the application answers itself"
                + " (httpbin.default.svc.cluster.local/v1)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "retries: {attempts: 0}",
        "fault: {abort: {httpStatus: 503, percentage: {value: 1}}}",
        "headers: {request: {set: {x-a: '%REQ(x-b)%'}}, response: {remove: [server]}}",
        "mirror: {host: httpbin, subset: v2}"
      })
  void field_thatCanBeCarriedOutInPlace_isTaken(String field) throws Exception {
    assertThat(clusters(compile(Texts.route(field)))).allMatch(WeightedCluster::local);
  }

  @Test
  void route_toAnotherVersion_mayBeRewritten() throws Exception {
    String text = Texts.route("rewrite: {uri: /x}").replace("subset: v1", "subset: v2");

    assertThat(clusters(compile(text))).noneMatch(WeightedCluster::local);
  }

  @Test
  void route_toTheWholeService_isRefused_becauseItComesBack() {
    String text = Texts.virtualService("- route: [{destination: {host: httpbin}}]");

    assertThat(refusal(text))
        .singleElement()
        .asString()
        .contains("httpbin as a whole has this application in it");
  }

  private static List<String> refusal(String text) {
    RulesException refusal = catchThrowableOfType(RulesException.class, () -> compile(text));
    return refusal == null ? List.of() : refusal.getMessage().lines().toList();
  }
}
