package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.OutlierDetection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Outlier detection as Envoy does it (the research's 3.4), by a clock that the tests move. */
class EjectionsTest extends UpstreamFixture {
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Duration BASE = Duration.ofSeconds(30);

  private Cluster cluster(
      int endpoints, int fiveXx, int gateway, int local, int percent, int panic) {
    return cluster(
        new Balancing.RoundRobin(),
        weights(new int[endpoints]).stream().map(e -> at(last(e.address()), 1)).toList(),
        ConnectionPool.DEFAULT,
        Optional.of(new OutlierDetection(fiveXx, gateway, local, INTERVAL, BASE, percent, panic)));
  }

  private static int last(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf('.') + 1));
  }

  private static Set<Endpoint> reachable(Cluster cluster) {
    Set<Endpoint> reachable = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      cluster.pick(Affinity.NONE, List.of()).ifPresent(reachable::add);
    }
    return reachable;
  }

  private static void report(Endpoint endpoint, int... statuses) {
    for (int status : statuses) {
      endpoint.report(status);
    }
  }

  @Test
  void consecutive5xx_atTheLimit_ejects() {
    Cluster cluster = cluster(2, 3, 0, 0, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    report(bad, 500, 503, 200, 500, 501);
    assertThat(reachable(cluster)).hasSize(2);
    report(bad, 599);
    assertThat(reachable(cluster)).containsExactly(cluster.endpoints().get(1));
  }

  @Test
  void consecutive5xx_zero_neverEjects() {
    Cluster cluster = cluster(2, 0, 0, 0, 100, 0);
    report(cluster.endpoints().get(0), 500, 500, 500, 500, 500, 500, 500);
    assertThat(reachable(cluster)).hasSize(2);
  }

  @Test
  void consecutiveGatewayErrors_countOnly502To504() {
    Cluster cluster = cluster(2, 0, 2, 0, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    report(bad, 502, 500, 503, 200, 504, 505);
    assertThat(reachable(cluster)).hasSize(2);
    report(bad, 504, 503);
    assertThat(reachable(cluster)).hasSize(1);
  }

  @Test
  void localFailures_withoutSplit_countAs503() {
    Cluster cluster = cluster(2, 3, 0, 0, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    bad.reportFailure();
    report(bad, 500);
    bad.reportFailure();
    assertThat(reachable(cluster)).hasSize(1);
  }

  @Test
  void localFailures_split_haveACountOfTheirOwn() {
    Cluster cluster = cluster(2, 2, 0, 2, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    bad.reportFailure();
    report(bad, 500);
    bad.reportFailure();
    assertThat(reachable(cluster)).hasSize(2);
    bad.reportFailure();
    assertThat(reachable(cluster)).hasSize(1);
  }

  @Test
  void maxEjectionPercent_isNeverExceeded() {
    Cluster cluster = cluster(10, 1, 0, 0, 20, 0);
    cluster.endpoints().forEach(endpoint -> report(endpoint, 500));
    assertThat(reachable(cluster)).hasSize(8);
    Cluster few = cluster(2, 1, 0, 0, 10, 0);
    few.endpoints().forEach(endpoint -> report(endpoint, 500));
    assertThat(reachable(few)).hasSize(2);
  }

  @Test
  void endpoint_thatMayNotBeEjected_isWhenItGoesOnFailing() {
    Cluster cluster = cluster(2, 2, 0, 0, 50, 0);
    Endpoint first = cluster.endpoints().get(0);
    Endpoint second = cluster.endpoints().get(1);
    report(first, 500, 500);
    report(second, 500, 500);
    assertThat(reachable(cluster)).containsExactly(second);
    pass(BASE);
    pass(INTERVAL);
    assertThat(reachable(cluster)).hasSize(2);

    report(second, 500, 500);

    assertThat(reachable(cluster)).containsExactly(first);
  }

  @Test
  void allEjected_withoutPanic_leavesNone() {
    Cluster cluster = cluster(2, 1, 0, 0, 100, 0);
    cluster.endpoints().forEach(endpoint -> report(endpoint, 500));
    assertThat(cluster.pick()).isEmpty();
  }

  @Test
  void minHealthPercent_fewerHealthy_usesAll() {
    Cluster cluster = cluster(4, 1, 0, 0, 100, 50);
    report(cluster.endpoints().get(0), 500);
    report(cluster.endpoints().get(1), 500);
    assertThat(reachable(cluster)).hasSize(2);
    report(cluster.endpoints().get(2), 500);
    assertThat(reachable(cluster)).hasSize(4);
  }

  @Test
  void ejection_endsAtTheFirstLookAfterItsTime() {
    Cluster cluster = cluster(2, 1, 0, 0, 50, 0);
    pass(Duration.ofSeconds(5));
    report(cluster.endpoints().get(0), 500);
    pass(Duration.ofSeconds(30));
    assertThat(reachable(cluster)).hasSize(1);
    pass(Duration.ofSeconds(5));
    assertThat(reachable(cluster)).hasSize(2);
  }

  @Test
  void ejection_again_lastsLonger_andHealthShortensIt() {
    Cluster cluster = cluster(2, 1, 0, 0, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    report(bad, 500);
    pass(BASE);
    assertThat(reachable(cluster)).hasSize(2);
    report(bad, 500);
    pass(BASE);
    assertThat(reachable(cluster)).hasSize(1);
    pass(BASE);
    assertThat(reachable(cluster)).hasSize(2);
    // Two healthy intervals forget both.
    pass(INTERVAL.multipliedBy(2));
    report(bad, 500);
    pass(BASE);
    assertThat(reachable(cluster)).hasSize(2);
  }

  @Test
  void ejections_ofLong_areForgottenAsSoonAsTheLongest() {
    Cluster cluster = cluster(2, 1, 0, 0, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    for (int i = 0; i < 50; i++) {
      report(bad, 500);
      pass(Duration.ofMinutes(5));
      assertThat(reachable(cluster)).hasSize(2);
    }
    // The 11 that make 5 minutes, and one more.
    pass(INTERVAL.multipliedBy(12));
    report(bad, 500);
    pass(BASE);
    assertThat(reachable(cluster)).hasSize(2);
  }

  @Test
  void grpcStatus_ofAGrpcAnswer_countsInsteadOfTheOther() {
    Cluster cluster = cluster(2, 2, 0, 0, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    RequestHead grpc =
        RequestHead.primary(request("", "::1", "content-type", "application/grpc"), "/");
    RequestHead other = RequestHead.primary(request("", "::1"), "/");
    bad.report(grpc, 200, "14");
    bad.report(other, 200, "14");
    bad.report(grpc, 200, "14");
    bad.report(grpc, 200, "5");
    bad.report(grpc, 200, "14");
    bad.report(grpc, 200, null);
    assertThat(reachable(cluster)).hasSize(2);
    bad.report(grpc, 200, "14");
    bad.report(grpc, 200, "2");
    assertThat(reachable(cluster)).containsExactly(cluster.endpoints().get(1));
  }

  @Test
  void ejection_returned_startsItsCountsAnew() {
    Cluster cluster = cluster(2, 2, 0, 0, 50, 0);
    Endpoint bad = cluster.endpoints().get(0);
    report(bad, 500, 500);
    pass(BASE);
    assertThat(reachable(cluster)).hasSize(2);
    report(bad, 500);
    assertThat(reachable(cluster)).hasSize(2);
  }
}
