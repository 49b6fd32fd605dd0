package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.route.Share;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mirrors that an application asks for by itself. */
class OwnMirrorTest {
  private static final Set<String> CLUSTERS =
      Set.of(
          "outbound|9000|v2|httpbin.default.svc.cluster.local",
          "outbound|8000|v2|httpbin.default.svc.cluster.local",
          "outbound|8000||httpbin.default.svc.cluster.local",
          "outbound|80|v2|shop.other.svc.cluster.local");

  private static OwnMirror mirror(String host, String subset, int port) {
    return OwnMirror.of("Orders.create", host, subset, port, 100);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.0001, 1",
    "0.00019, 1",
    "12.5, 125000",
    "0.07, 700",
    "33.3333, 333333",
    "99.9999, 999999",
    "100, 1000000"
  })
  void percentage_isReadAsADecimal(double percentage, int partsPerMillion) {
    assertThat(OwnMirror.of("a", "httpbin", "v2", 0, percentage).share())
        .isEqualTo(new Share(partsPerMillion));
  }

  @ParameterizedTest
  @CsvSource({
    "'', v2, 0, 100, 'host: '",
    "'*', v2, 0, 100, host: *",
    "*.example, v2, 0, 100, host: *.example",
    "http bin, v2, 0, 100, host: http bin",
    "httpbin, v_2, 0, 100, subset: v_2",
    "httpbin, -v2, 0, 100, subset: -v2",
    "httpbin, v2, -1, 100, port: -1",
    "httpbin, v2, 65536, 100, port: 65536",
    "httpbin, v2, 0, -0.1, percentage: -0.1",
    "httpbin, v2, 0, 100.0001, percentage: 100.0001",
    "httpbin, v2, 0, NaN, percentage: NaN",
    "httpbin, v2, 0, Infinity, percentage: Infinity",
    "httpbin, v2, 0, 0.00009, percentage: 9.0E-5"
  })
  void value_thatIsWrong_isRefusedByName(
      String host, String subset, int port, double percentage, String named) {
    assertThatThrownBy(() -> OwnMirror.of("a", host, subset, port, percentage))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(named + " (expected: ");
  }

  @ParameterizedTest
  @CsvSource({
    "httpbin, v2, 9000, outbound|9000|v2|httpbin.default.svc.cluster.local",
    "httpbin, v2, 65535, outbound|65535|v2|httpbin.default.svc.cluster.local",
    "httpbin.default.svc.cluster.local, v2, 8000,"
        + " outbound|8000|v2|httpbin.default.svc.cluster.local",
    "shop.other.svc.cluster.local, v2, 0, outbound|80|v2|shop.other.svc.cluster.local"
  })
  void cluster_isOfItsHostSubsetAndPort(String host, String subset, int port, String cluster) {
    assertThat(mirror(host, subset, port).cluster(CLUSTERS, "default")).isEqualTo(cluster);
  }

  @Test
  void cluster_withoutAPort_isOfTheLowestThatTheSubsetHas() {
    assertThat(mirror("httpbin", "v2", 0).cluster(CLUSTERS, "default"))
        .isEqualTo("outbound|8000|v2|httpbin.default.svc.cluster.local");
  }

  @Test
  void cluster_withoutASubset_isTheServiceAsAWhole() {
    assertThat(mirror("httpbin", "", 0).cluster(CLUSTERS, "default"))
        .isEqualTo("outbound|8000||httpbin.default.svc.cluster.local");
  }

  @Test
  void cluster_ofAShortName_isOfTheNamespace() {
    assertThat(mirror("shop", "v2", 80).cluster(CLUSTERS, "other"))
        .isEqualTo("outbound|80|v2|shop.other.svc.cluster.local");
  }

  @Test
  void cluster_thatNoDocumentDefines_isNone() {
    assertThat(CLUSTERS).doesNotContain(mirror("httpbin", "v9", 0).cluster(CLUSTERS, "default"));
    assertThat(CLUSTERS).doesNotContain(mirror("none", "", 0).cluster(Set.of(), "default"));
  }
}
