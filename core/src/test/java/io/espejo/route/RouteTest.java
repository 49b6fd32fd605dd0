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
    Forward forward = forward(new WeightedCluster("v1", 0));
    assertThat(forward.cluster(0).cluster()).isEqualTo("v1");
    assertThat(forward.cluster(999_999).cluster()).isEqualTo("v1");
  }

  @Test
  void cluster_weightsOf80And20_divideTheDraws() {
    assertThat(counts(forward(new WeightedCluster("v1", 80), new WeightedCluster("v2", 20))))
        .isEqualTo(Map.of("v1", 800_000L, "v2", 200_000L));
  }

  @Test
  void cluster_weightsThatAreNot100_areRelativeToTheirSum() {
    assertThat(counts(forward(new WeightedCluster("v1", 1), new WeightedCluster("v2", 3))))
        .isEqualTo(Map.of("v1", 250_000L, "v2", 750_000L));
  }

  @Test
  void cluster_largestWeights_doNotOverflow() {
    int max = Integer.MAX_VALUE;
    assertThat(counts(forward(new WeightedCluster("v1", max), new WeightedCluster("v2", max))))
        .isEqualTo(Map.of("v1", 500_000L, "v2", 500_000L));
  }

  @Test
  void cluster_weightZeroAmongSeveral_getsNone() {
    assertThat(counts(forward(new WeightedCluster("v1", 0), new WeightedCluster("v2", 1))))
        .isEqualTo(Map.of("v2", 1_000_000L));
  }

  @Test
  void weight_negative_isRefused() {
    assertThatThrownBy(() -> new WeightedCluster("v1", -1))
        .hasMessage("weight: -1 (expected: 0 or more)");
  }

  @Test
  void route_withoutMatches_acceptsEverything() {
    Route route = new Route("r", List.of(), forward("v1"));
    assertThat(host(route).route(TestRequest.get("/a"), "/a")).contains(route);
  }

  @Test
  void route_severalMatches_acceptsWhatAnyOfThemAccepts() {
    Route route = new Route("r", List.of(exactly("/a"), exactly("/b")), forward("v1"));
    VirtualHost host = host(route);
    assertThat(host.route(TestRequest.get("/a"), "/a")).contains(route);
    assertThat(host.route(TestRequest.get("/b"), "/b")).contains(route);
    assertThat(host.route(TestRequest.get("/c"), "/c")).isEmpty();
  }

  @Test
  void virtualHost_severalRoutes_givesTheFirstThatAccepts() {
    Route a = new Route("a", List.of(exactly("/a")), forward("v1"));
    Route b = new Route("b", List.of(exactly("/a"), exactly("/b")), forward("v2"));
    VirtualHost host = host(a, b);
    assertThat(host.route(TestRequest.get("/a"), "/a")).contains(a);
    assertThat(host.route(TestRequest.get("/b"), "/b")).contains(b);
    assertThat(host.route(TestRequest.get("/c"), "/c")).isEmpty();
  }

  private static VirtualHost host(Route... routes) {
    return VirtualHost.of("httpbin", List.of("httpbin"), List.of(routes));
  }

  private static Map<String, Long> counts(Forward forward) {
    return IntStream.range(0, 1_000_000)
        .mapToObj(draw -> forward.cluster(draw).cluster())
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  private static RouteMatch exactly(String path) {
    return new RouteMatch(List.of(new Condition.Path(new TextMatch.Exact(path, false))));
  }

  private static Forward forward(WeightedCluster... clusters) {
    return Forward.to(List.of(clusters), List.of());
  }

  private static Forward forward(String cluster) {
    return forward(new WeightedCluster(cluster, 1));
  }
}
