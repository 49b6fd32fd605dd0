package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RouteTest {
  @Test
  void cluster_single_getsEveryRequestEvenAtWeightZero() {
    Route route = route(new WeightedCluster("v1", 0));
    assertThat(route.cluster(0)).isEqualTo("v1");
    assertThat(route.cluster(999_999)).isEqualTo("v1");
  }

  @Test
  void cluster_weightsOf80And20_divideTheDraws() {
    assertThat(counts(route(new WeightedCluster("v1", 80), new WeightedCluster("v2", 20))))
        .isEqualTo(Map.of("v1", 800_000L, "v2", 200_000L));
  }

  @Test
  void cluster_weightsThatAreNot100_areRelativeToTheirSum() {
    assertThat(counts(route(new WeightedCluster("v1", 1), new WeightedCluster("v2", 3))))
        .isEqualTo(Map.of("v1", 250_000L, "v2", 750_000L));
  }

  @Test
  void cluster_largestWeights_doNotOverflow() {
    int max = Integer.MAX_VALUE;
    assertThat(counts(route(new WeightedCluster("v1", max), new WeightedCluster("v2", max))))
        .isEqualTo(Map.of("v1", 500_000L, "v2", 500_000L));
  }

  @Test
  void cluster_weightZeroAmongSeveral_getsNone() {
    assertThat(counts(route(new WeightedCluster("v1", 0), new WeightedCluster("v2", 1))))
        .isEqualTo(Map.of("v2", 1_000_000L));
  }

  @Test
  void weight_negative_isRefused() {
    assertThatThrownBy(() -> new WeightedCluster("v1", -1))
        .hasMessage("weight: -1 (expected: 0 or more)");
  }

  @Test
  void route_withoutMatches_acceptsEverything() {
    assertThat(route(new WeightedCluster("v1", 1)).accepts(TestRequest.get("/a"), "/a")).isTrue();
  }

  @Test
  void route_severalMatches_acceptsWhatAnyOfThemAccepts() {
    Route route = new Route("r", List.of(exactly("/a"), exactly("/b")), clusters("v1"), List.of());
    assertThat(route.accepts(TestRequest.get("/a"), "/a")).isTrue();
    assertThat(route.accepts(TestRequest.get("/b"), "/b")).isTrue();
    assertThat(route.accepts(TestRequest.get("/c"), "/c")).isFalse();
  }

  @Test
  void virtualHost_severalRoutes_givesTheFirstThatAccepts() {
    Route a = new Route("a", List.of(exactly("/a")), clusters("v1"), List.of());
    Route b = new Route("b", List.of(exactly("/a"), exactly("/b")), clusters("v2"), List.of());
    VirtualHost host = VirtualHost.of("httpbin", List.of("httpbin"), List.of(a, b));
    assertThat(host.route(TestRequest.get("/a"), "/a")).contains(a);
    assertThat(host.route(TestRequest.get("/b"), "/b")).contains(b);
    assertThat(host.route(TestRequest.get("/c"), "/c")).isEmpty();
  }

  private static Map<String, Long> counts(Route route) {
    return IntStream.range(0, 1_000_000)
        .mapToObj(route::cluster)
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  private static RouteMatch exactly(String path) {
    return new RouteMatch(List.of(new Condition.Path(new TextMatch.Exact(path, false))));
  }

  private static Route route(WeightedCluster... clusters) {
    return new Route("r", List.of(), List.of(clusters), List.of());
  }

  private static List<WeightedCluster> clusters(String name) {
    return List.of(new WeightedCluster(name, 1));
  }
}
