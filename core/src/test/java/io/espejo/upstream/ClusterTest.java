package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import io.espejo.upstream.NameRefresh.Lookups;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTest extends UpstreamFixture {
  private static ConnectionPool pool(int connections, int pending, int requests, int retries) {
    return new ConnectionPool(
        connections,
        pending,
        requests,
        retries,
        0,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private Cluster limited(ConnectionPool pool) {
    return cluster(new Balancing.LeastRequest(), weights(1, 1), pool, Optional.empty());
  }

  /** The leg of the fixture has 100 connections and 20 that wait. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 0, 2",
    "1, 0, 0, 21",
    "0, 5, 0, 105",
    "0, 0, 7, 7",
    "4, 3, 4, 7",
    "5, 3, 4, 4"
  })
  void limits_ofThePool_boundTheWholeCluster(int connections, int pending, int requests, int most) {
    Cluster cluster = limited(pool(connections, pending, requests, 0));
    assertThat(cluster.maxRequests()).hasValue(most);
    for (int i = 0; i < most; i++) {
      assertThat(cluster.endpoints().get(i % 2).acquire()).isTrue();
    }
    assertThat(cluster.endpoints().get(0).acquire()).isFalse();
    cluster.endpoints().get(0).release();
    assertThat(cluster.endpoints().get(1).acquire()).isTrue();
  }

  @Test
  void limits_absent_areTheLegsForEachEndpoint() {
    Cluster cluster = limited(ConnectionPool.DEFAULT);
    for (int i = 0; i < 120; i++) {
      assertThat(cluster.endpoints().get(0).acquire()).isTrue();
    }
    assertThat(cluster.endpoints().get(0).acquire()).isFalse();
    assertThat(cluster.endpoints().get(1).acquire()).isTrue();
  }

  @Test
  void maxRetries_boundsThoseOfNow() {
    Cluster cluster = limited(pool(0, 0, 0, 1));
    assertThat(cluster.acquireRetry()).isTrue();
    assertThat(cluster.acquireRetry()).isFalse();
    cluster.releaseRetry();
    assertThat(cluster.acquireRetry()).isTrue();
  }

  @Test
  void names_areResolvedAgain_andKeptWhenTheyCannotBe() throws Exception {
    Deque<Runnable> due = new ArrayDeque<>();
    List<List<EndpointSpec>> taken = new ArrayList<>();
    Deque<Optional<List<String>>> answers =
        new ArrayDeque<>(
            List.of(
                Optional.empty(),
                Optional.of(List.of("192.0.2.1", "2001:db8::1", "192.0.2.2")),
                Optional.empty(),
                Optional.of(List.of("2001:db8::2"))));
    NameRefresh names =
        refresh(
            Resolution.DNS, new Lookups((delay, task) -> due.add(task), answers(answers)), taken);
    names.start();
    for (int i = 0; i < 4; i++) {
      due.remove().run();
    }
    EndpointSpec literal = new EndpointSpec("192.0.2.9", 81, 1);
    assertThat(taken)
        .containsExactly(
            List.of(literal),
            List.of(
                new EndpointSpec("192.0.2.1", 80, 2),
                new EndpointSpec("192.0.2.2", 80, 2),
                literal),
            List.of(
                new EndpointSpec("192.0.2.1", 80, 2),
                new EndpointSpec("192.0.2.2", 80, 2),
                literal),
            List.of(new EndpointSpec("2001:db8:0:0:0:0:0:2", 80, 2), literal));
    names.close();
    due.remove().run();
    assertThat(due).isEmpty();
    assertThat(taken).hasSize(4);
  }

  @Test
  void names_roundRobin_haveTheFirstAddressAlone() throws Exception {
    Deque<Runnable> due = new ArrayDeque<>();
    List<List<EndpointSpec>> taken = new ArrayList<>();
    refresh(
            Resolution.DNS_ROUND_ROBIN,
            new Lookups(
                (delay, task) -> due.add(task),
                answers(new ArrayDeque<>(List.of(Optional.of(List.of("192.0.2.1", "192.0.2.2")))))),
            taken)
        .start();
    due.remove().run();
    assertThat(taken.get(0)).hasSize(2).contains(new EndpointSpec("192.0.2.1", 80, 2));
  }

  private static NameRefresh refresh(
      Resolution resolution, Lookups lookups, List<List<EndpointSpec>> taken) {
    ClusterSpec spec =
        new ClusterSpec(
            "names",
            List.of(new EndpointSpec("x.test", 80, 2), new EndpointSpec("192.0.2.9", 81, 1)),
            resolution,
            Protocol.HTTP1,
            new Balancing.LeastRequest(),
            ConnectionPool.DEFAULT,
            Optional.empty(),
            Optional.empty());
    return new NameRefresh(spec, lookups, taken::add);
  }

  private static NameRefresh.Resolver answers(Deque<Optional<List<String>>> answers) {
    return name -> {
      List<String> addresses =
          name.equals("x.test")
              ? answers.remove().orElseThrow(() -> new UnknownHostException(name))
              : List.of(name);
      InetAddress[] resolved = new InetAddress[addresses.size()];
      for (int i = 0; i < resolved.length; i++) {
        resolved[i] = InetAddress.getByName(addresses.get(i));
      }
      return resolved;
    };
  }

  @Test
  void localhost_asAName_isResolvedOffTheRequestsWay() throws Exception {
    Cluster cluster =
        new Cluster(
            new ClusterSpec(
                "local",
                List.of(new EndpointSpec("localhost", 80, 1)),
                Resolution.DNS,
                Protocol.HTTP1,
                new Balancing.LeastRequest(),
                ConnectionPool.DEFAULT,
                Optional.empty(),
                Optional.empty()),
            leg());
    cluster.awaitAddresses(Duration.ofSeconds(5));
    assertThat(cluster.pick()).map(Endpoint::toString).contains("127.0.0.1:80");
    cluster.close();
  }
}
