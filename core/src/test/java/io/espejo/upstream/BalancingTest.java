package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espejo.upstream.Balancing.ConsistentHash;
import io.espejo.upstream.Balancing.Key;
import io.espejo.upstream.Balancing.Key.Cookie;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BalancingTest extends UpstreamFixture {
  private static final Balancing BY_USER = new ConsistentHash(new Key.Header("x-user"));

  private static Endpoint pick(Cluster cluster) {
    return cluster.pick(Affinity.NONE, List.of()).get();
  }

  private static Endpoint pick(Cluster cluster, String user) {
    return cluster.pick(cluster.affinity(request("", "::1", "X-User", user)), List.of()).get();
  }

  private static Map<String, Integer> picks(Cluster cluster, int count) {
    Map<String, Integer> picks = new HashMap<>();
    for (int i = 0; i < count; i++) {
      picks.merge(pick(cluster).toString(), 1, Integer::sum);
    }
    return picks;
  }

  @Test
  void noEndpoint_isPickedOfNone() {
    assertThat(cluster(new Balancing.LeastRequest(), List.of()).pick()).isEmpty();
  }

  @Test
  void roundRobin_alikeEndpoints_takeTurns() {
    Cluster cluster = cluster(new Balancing.RoundRobin(), weights(2, 2, 2));
    List<Endpoint> all = cluster.endpoints();
    for (int i = 0; i < 6; i++) {
      assertThat(pick(cluster)).isSameAs(all.get(i % 3));
    }
  }

  @Test
  void roundRobin_weights_areExactInEachRound() {
    Cluster cluster = cluster(new Balancing.RoundRobin(), weights(5, 1, 2));
    assertThat(picks(cluster, 8))
        .isEqualTo(Map.of("192.0.2.1:80", 5, "192.0.2.2:80", 1, "192.0.2.3:80", 2));
  }

  @Test
  void random_weights_areMetAboutly() {
    Cluster cluster = cluster(new Balancing.Random(), weights(3, 1));
    assertThat(picks(cluster, 10_000).get("192.0.2.1:80")).isCloseTo(7500, within(400));
  }

  @Test
  void leastRequest_busyEndpoint_isSpared() {
    Cluster cluster = cluster(new Balancing.LeastRequest(), weights(1, 1));
    Endpoint busy = cluster.endpoints().get(0);
    busy.acquire();
    // Only when both draws fall on it.
    assertThat(picks(cluster, 10_000).get(busy.toString())).isCloseTo(2500, within(400));
    busy.release();
  }

  @Test
  void consistentHash_sameKey_findsTheSameEndpoint() {
    Cluster cluster = cluster(BY_USER, weights(1, 1, 1));
    Cluster other = cluster(BY_USER, weights(1, 1, 1));
    for (int user = 0; user < 100; user++) {
      assertThat(pick(cluster, "u" + user)).hasToString(pick(cluster, "u" + user).toString());
      assertThat(pick(cluster, "u" + user)).hasToString(pick(other, "u" + user).toString());
    }
  }

  @Test
  void consistentHash_endpointGoes_movesOnlyItsOwn() {
    List<EndpointSpec> all = weights(1, 1, 1, 1);
    Cluster before = cluster(BY_USER, all);
    Cluster after = cluster(BY_USER, all.subList(0, 3));
    int moved = 0;
    for (int user = 0; user < 4000; user++) {
      String was = pick(before, "u" + user).toString();
      String is = pick(after, "u" + user).toString();
      moved += was.equals(is) ? 0 : 1;
      assertThat(was.equals(is) || was.equals("192.0.2.4:80")).isTrue();
    }
    assertThat(moved).isCloseTo(1000, within(200));
  }

  @Test
  void consistentHash_weights_areMetAboutly() {
    Cluster cluster = cluster(BY_USER, weights(3, 1));
    int first = 0;
    for (int user = 0; user < 4000; user++) {
      first += pick(cluster, "u" + user).toString().equals("192.0.2.1:80") ? 1 : 0;
    }
    assertThat(first).isCloseTo(3000, within(200));
  }

  @Test
  void consistentHash_withoutItsKey_isAnyEndpoint() {
    assertThat(picks(cluster(BY_USER, weights(1, 1)), 1000)).hasSize(2);
  }

  @Test
  void copies_underConsistentHash_goAnywhere() {
    Cluster cluster = cluster(BY_USER, weights(1, 1));
    List<String> picked = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      picked.add(cluster.pick().get().toString());
    }
    assertThat(Set.copyOf(picked)).hasSize(2);
  }

  @Test
  void tried_endpointsAreSkippedWhilePossible() {
    Cluster cluster = cluster(BY_USER, weights(1, 1, 1));
    Affinity affinity = cluster.affinity(request("", "::1", "x-user", "a"));
    List<Endpoint> tried = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Endpoint next = cluster.pick(affinity, tried).get();
      assertThat(tried).doesNotContain(next);
      tried.add(next);
    }
    assertThat(cluster.pick(affinity, tried)).contains(tried.get(0));
  }

  private static Affinity affinity(Key key, String query, String peer, String... headers) {
    return new HashKey(key).of(request(query, peer, headers));
  }

  @Test
  void key_header_isAllItsLinesInAnyOrder() {
    Key key = new Key.Header("x-user");
    assertThat(affinity(key, "", "::1", "X-User", "a", "x-user", "b"))
        .isEqualTo(affinity(key, "", "::1", "x-user", "b", "x-user", "a"))
        .isNotEqualTo(affinity(key, "", "::1", "x-user", "a"));
    assertThat(affinity(key, "", "::1")).isEqualTo(Affinity.NONE);
  }

  @Test
  void key_sourceIp_isThePeer() {
    Key key = new Key.SourceIp();
    assertThat(affinity(key, "", "192.0.2.9"))
        .isEqualTo(affinity(key, "x=1", "192.0.2.9"))
        .isNotEqualTo(affinity(key, "", "192.0.2.8"));
  }

  @Test
  void key_queryParameter_isItsFirstValue() {
    Key key = new Key.QueryParameter("q");
    Affinity one = affinity(key, "q=1", "::1");
    assertThat(one.hash()).isPresent();
    assertThat(affinity(key, "a=b&q=1&q=2", "::1")).isEqualTo(one);
    assertThat(affinity(key, "aq=1&q1=1", "::1")).isEqualTo(Affinity.NONE);
    assertThat(affinity(key, "", "::1")).isEqualTo(Affinity.NONE);
    assertThat(affinity(key, "q", "::1").hash()).isPresent();
  }

  @Test
  void key_cookie_isFoundAmongOthers() {
    Key key = new Cookie("u", Optional.empty(), "", List.of());
    Affinity one = affinity(key, "", "::1", "cookie", "u=1");
    assertThat(one.hash()).isPresent();
    assertThat(affinity(key, "", "::1", "cookie", "xu=2", "Cookie", "a=b; u=\"1\"; c"))
        .isEqualTo(one);
    assertThat(affinity(key, "", "::1", "cookie", "a=b")).isEqualTo(Affinity.NONE);
  }

  @Test
  void key_cookieWithTtl_isGivenOnceAndThenKept() {
    Cookie key = new Cookie("u", Optional.of(Duration.ofMinutes(1)), "/p", List.of("SameSite=Lax"));
    Affinity given = affinity(key, "", "::1");
    String line = given.setCookie().get();
    assertThat(line).matches("u=\"[0-9a-f]{16}\"; Max-Age=60; Path=/p; SameSite=Lax; HttpOnly");
    Affinity kept = affinity(key, "", "::1", "cookie", line.substring(0, line.indexOf(';')));
    assertThat(kept.hash()).isEqualTo(given.hash()).isNotEqualTo(OptionalLong.empty());
    assertThat(kept.setCookie()).isEmpty();
  }

  @Test
  void key_cookieWithTtl0_isForTheSession() {
    Cookie key = new Cookie("u", Optional.of(Duration.ZERO), "", List.of());
    assertThat(affinity(key, "", "::1").setCookie().get()).matches("u=\"[0-9a-f]{16}\"; HttpOnly");
  }
}
