package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.RulesYaml.Route;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How many requests are mirrored, and which (SEMANTICS 2). */
abstract class SamplingContract extends GatewayFixture {
  SamplingContract(GatewayContract container) {
    super(container);
  }

  @Test
  void share_absent_mirrorsEveryRequest() throws Exception {
    start(routes(Route.to("v1").mirror("v2")));

    assertThat(counted(100)).isEqualTo(100);
  }

  @Test
  void share_of100_mirrorsEveryRequest() throws Exception {
    start(routes(Route.to("v1").mirror("v2", "100")));

    assertThat(counted(100)).isEqualTo(100);
  }

  @Test
  void share_of0_mirrorsNone() throws Exception {
    start(routes(Route.to("v1").mirror("v2", "0")));

    assertThat(counted(100)).isZero();
    assertThat(settled().sampledOut()).isEqualTo(settled().considered());
  }

  @Test
  void share_empty_mirrorsNone() throws Exception {
    start(routes(Route.to("v1").mirror("v2").with("mirrorPercentage: {}")));

    assertThat(counted(100)).isZero();
  }

  @Test
  void share_of50_liesWithin4Sigma() throws Exception {
    start(routes(Route.to("v1").mirror("v2", "50.0")));

    assertThat(counted(2000)).isBetween(1000L - 90, 1000L + 90);

    OutcomeCounts counts = settled();
    assertThat(counts.considered()).isEqualTo(2000);
    assertThat(counts.sampledOut() + counts.completed(2)).isEqualTo(2000);
  }

  @Test
  void oneDraw_decidesAllMirrors() throws Exception {
    RecordingOrigin v3 = bed.origin("v3");
    RecordingOrigin v4 = bed.origin("v4");
    start(
        RulesYaml.of()
            .service(
                "httpbin",
                8000,
                Map.of("v1", v1.port(), "v2", v2.port(), "v3", v3.port(), "v4", v4.port()))
            .routes(
                "httpbin",
                List.of("*"),
                Route.to("v1")
                    .with(
                        "mirrors:",
                        "- {destination: {host: httpbin, subset: v2}, percentage: {value: 50}}",
                        "- {destination: {host: httpbin, subset: v3}, percentage: {value: 50}}",
                        "- {destination: {host: httpbin, subset: v4}, percentage: {value: 20}}")));

    RawClient client = client();
    for (int i = 0; i < 200; i++) {
      client.exchange(RawRequest.get("/" + i));
    }

    settled();
    assertThat(v1.drain()).hasSize(200);
    Set<String> atV2 = targets(v2);
    assertThat(atV2).isNotEmpty().hasSizeLessThan(200);
    assertThat(targets(v3)).isEqualTo(atV2);
    assertThat(atV2).containsAll(targets(v4));
  }

  private static Set<String> targets(RecordingOrigin origin) {
    return origin.drain().stream().map(RecordedRequest::target).collect(Collectors.toSet());
  }

  /** Sends so many requests; how many copies came. */
  private long counted(int requests) throws Exception {
    RawClient client = client();
    for (int i = 0; i < requests; i++) {
      assertThat(client.exchange(RawRequest.get("/" + i)).text()).isEqualTo("v1");
    }
    settled();
    assertThat(v1.drain()).hasSize(requests);
    List<RecordedRequest> copies = v2.drain();
    assertThat(copies).extracting(RecordedRequest::target).doesNotHaveDuplicates();
    return copies.size();
  }
}
