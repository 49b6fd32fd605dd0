package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Mirror;
import io.espejo.route.Route;
import io.espejo.route.Share;
import java.math.BigDecimal;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MirrorRulesTest {
  private static final String V2 = "outbound|8000|v2|httpbin.default.svc.cluster.local";

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.0, 0",
    "-0, 0",
    "0.0001, 1",
    "0.00019, 1",
    "0.1, 1000",
    "0.57, 5700",
    "1.1, 11000",
    "29.0001, 290001",
    "50, 500000",
    "5e1, 500000",
    "99.99999, 999999",
    "100, 1000000",
    "100.0, 1000000",
    "1e2, 1000000",
  })
  void percentage_inRange_isReadAsADecimal(String value, int partsPerMillion) throws Exception {
    String text = mirror("mirrorPercentage: {value: " + value + "}");
    assertThat(shares(text)).containsExactly(new Share(partsPerMillion));
    assertThat(Texts.warnings(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "100.000001, 100.000001 (expected: 0..100)",
    "101, 101 (expected: 0..100)",
    "-1, -1 (expected: 0..100)",
    "-0.0000001, -0.0000001 (expected: 0..100)",
    "1e999999999, 1e999999999 (expected: 0..100)",
    ".nan, .nan (expected: 0..100)",
    ".inf, .inf (expected: 0..100)",
    "-.inf, -.inf (expected: 0..100)",
    "0x10, 0x10 (expected: 0..100)",
    "fifty, fifty (expected: 0..100)",
    "'\"50\"', \"50\" (expected: 0..100)",
    "true, true (expected: 0..100)",
    "[50], a list (expected: 0..100)",
  })
  void percentage_outOfRangeOrNoNumber_isRefused(String value, String message) {
    assertThat(Texts.refusal(mirror("mirrorPercentage:\n  value: " + value)))
        .containsExactly("a.yaml:17:14: spec.http[0].mirrorPercentage.value: " + message);
  }

  @Test
  void percentage_tooLongANumber_isRefused() {
    assertThat(Texts.refusal(mirror("mirrorPercentage: {value: 1" + "0".repeat(99) + "}")))
        .singleElement()
        .asString()
        .endsWith("000... (expected: 0..100)");
  }

  @Test
  void percentage_absentOrNull_mirrorsEverything() throws Exception {
    assertThat(shares(mirror(""))).containsExactly(Share.ALL);
    assertThat(shares(mirror("mirrorPercentage:"))).containsExactly(Share.ALL);
    assertThat(shares(mirror("mirrorPercentage: null"))).containsExactly(Share.ALL);
  }

  @ParameterizedTest
  @CsvSource({"{}", "{value: null}"})
  void percentage_withoutValue_mirrorsNothingAndWarns(String percentage) throws Exception {
    String text = mirror("mirrorPercentage: " + percentage);
    assertThat(shares(text)).containsExactly(Share.NONE);
    assertThat(Texts.warnings(text))
        .containsExactly(
            "a.yaml:16:23: warning: spec.http[0].mirrorPercentage:"
                + " no value, so nothing is mirrored (expected: value, or no percentage at all)");
  }

  @ParameterizedTest
  @CsvSource({"0.00009", "0.000099999", "1e-999999999"})
  void percentage_belowAMillionth_roundsToNoneAndWarns(String value) throws Exception {
    String text = mirror("mirrorPercentage: {value: " + value + "}");
    assertThat(shares(text)).containsExactly(Share.NONE);
    assertThat(Texts.warnings(text))
        .containsExactly(
            "a.yaml:16:31: warning: spec.http[0].mirrorPercentage.value: "
                + value
                + " rounds to none (expected: 0, or 0.0001 or more)");
  }

  @Test
  void percentage_withoutMirror_warns() throws Exception {
    assertThat(Texts.warnings(Texts.route("mirrorPercentage: {value: 10}")))
        .containsExactly(
            "a.yaml:13:23: warning: spec.http[0].mirrorPercentage: a percentage without a mirror");
  }

  @ParameterizedTest
  @CsvSource({"mirrorPercent, 0, 0", "mirrorPercent, 100, 1000000", "mirror_percent, 7, 70000"})
  void mirrorPercent_deprecated_worksAndWarns(String field, int value, int partsPerMillion)
      throws Exception {
    String text = mirror(field + ": " + value);
    assertThat(shares(text)).containsExactly(new Share(partsPerMillion));
    assertThat(Texts.warnings(text))
        .singleElement()
        .asString()
        .endsWith("spec.http[0]." + field + ": deprecated (expected: mirrorPercentage)");
  }

  @ParameterizedTest
  @CsvSource({"101", "-1", "0.5", "many"})
  void mirrorPercent_outOfRange_isRefused(String value) {
    assertThat(Texts.refusal(mirror("mirrorPercent: " + value)))
        .contains("a.yaml:16:20: spec.http[0].mirrorPercent: " + value + " (expected: 0..100)");
    assertThat(Texts.refusal(mirror("mirror_percent: " + value)))
        .contains("a.yaml:16:21: spec.http[0].mirror_percent: " + value + " (expected: 0..100)");
  }

  @Test
  void mirrorPercent_besideMirrorPercentage_yields() throws Exception {
    assertThat(shares(mirror("mirrorPercent: 50\nmirrorPercentage: {value: 10}")))
        .containsExactly(new Share(100_000));
  }

  @Test
  void mirrors_several_haveSharesOfTheirOwn() throws Exception {
    String text =
        Texts.route(
            """
            mirrors:
            - destination: {host: httpbin, subset: v2}
            - destination: {host: httpbin, subset: v2, port: {number: 8000}}
              percentage: {value: 12.5}
            - destination: {host: httpbin, subset: v2}
              percentage: {value: 0}
            """);
    assertThat(mirrors(text))
        .containsExactly(
            new Mirror(V2, Share.ALL),
            new Mirror(V2, new Share(125_000)),
            new Mirror(V2, Share.NONE));
  }

  @Test
  void mirrors_besideMirror_isRefused() {
    assertThat(Texts.refusal(mirror("mirrors:\n- destination: {host: httpbin, subset: v2}")))
        .containsExactly(
            "a.yaml:17:5: spec.http[0].mirrors: mirrors beside mirror (expected: one of them)");
  }

  @Test
  void mirrors_nullOrWithoutDestination_isRefused() {
    assertThat(Texts.refusal(Texts.route("mirrors:\n- null\n- percentage: {value: 101}")))
        .containsExactly(
            "a.yaml:14:7: spec.http[0].mirrors[0]: null (expected: a value)",
            "a.yaml:15:7: spec.http[0].mirrors[1].destination: missing (expected: a host)",
            "a.yaml:15:27: spec.http[0].mirrors[1].percentage.value: 101 (expected: 0..100)");
  }

  @Test
  void mirror_malformedDestination_isRefused() {
    assertThat(
            Texts.refusal(
                Texts.route("mirror:\n  host: '*'\n  subset: V_2\n  port: {number: 65536}")))
        .containsExactly(
            "a.yaml:14:13: spec.http[0].mirror.host: \"*\" (expected: a DNS name)",
            "a.yaml:15:15: spec.http[0].mirror.subset: V_2 (expected: a DNS label)",
            "a.yaml:16:22: spec.http[0].mirror.port.number: 65536 (expected: 1..65535)");
    assertThat(Texts.refusal(Texts.route("mirror: {}")))
        .containsExactly("a.yaml:13:13: spec.http[0].mirror.host: missing (expected: a DNS name)");
  }

  @Test
  void shortNames_ofDestinationsAndMirrors_areOfTheVirtualServicesNamespace() throws Exception {
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: x, namespace: shop}
        spec:
          hosts: [x.org]
          http:
          - route: [{destination: {host: cart}}]
            match: [{uri: {exact: /a}}]
            mirror: {host: cart2}
          - route: [{destination: {host: cart.org}}]
            mirrors: [{destination: {host: cart3}}, {destination: {host: cart4.default}}]
        """;
    List<Route> routes = Texts.compile(text).routes().virtualHost("x.org").orElseThrow().routes();
    assertThat(routes)
        .map(route -> Texts.forward(route).clusters().get(0).cluster().split("\\|")[3])
        .containsExactly("cart.shop.svc.cluster.local", "cart.org");
    assertThat(routes)
        .flatMap(route -> Texts.forward(route).mirrors())
        .map(mirror -> mirror.cluster().split("\\|")[3])
        .containsExactly(
            "cart2.shop.svc.cluster.local", "cart3.shop.svc.cluster.local", "cart4.default");
  }

  @Test
  void mirror_unknownHostOrSubset_warnsAndStays() throws Exception {
    String text =
        Texts.route(
            """
            mirrors:
            - destination:
                host: nosuch
            - destination:
                host: httpbin
                subset: v3
            """);
    assertThat(mirrors(text))
        .extracting(Mirror::cluster)
        .containsExactly(
            "outbound|8000||nosuch.default.svc.cluster.local",
            "outbound|8000|v3|httpbin.default.svc.cluster.local");
    assertThat(Texts.warnings(text))
        .containsExactly(
            "a.yaml:15:15: warning: spec.http[0].mirrors[0].destination.host:"
                + " nosuch.default.svc.cluster.local is defined by no ServiceEntry,"
                + " nothing is mirrored",
            "a.yaml:18:17: warning: spec.http[0].mirrors[1].destination.subset:"
                + " v3 is a subset that no DestinationRule defines, nothing is mirrored");
  }

  @Property(tries = 200)
  void percentage_anyDecimal_losesNoPart(@ForAll @IntRange(max = 1_000_000) int partsPerMillion)
      throws Exception {
    String value = BigDecimal.valueOf(partsPerMillion, 4).toPlainString();
    assertThat(shares(mirror("mirrorPercentage: {value: " + value + "}")))
        .containsExactly(new Share(partsPerMillion));
  }

  private static String mirror(String fields) {
    return Texts.route("mirror:\n  host: httpbin\n  subset: v2\n" + fields);
  }

  private static List<Share> shares(String text) throws RulesException {
    return mirrors(text).stream().map(Mirror::share).toList();
  }

  private static List<Mirror> mirrors(String text) throws RulesException {
    return Texts.forward(
            Texts.compileWithHttpbin(text)
                .routes()
                .virtualHost("httpbin")
                .orElseThrow()
                .routes()
                .get(0))
        .mirrors();
  }
}
