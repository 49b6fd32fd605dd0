package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.FrameOrigin;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.TestBed;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long the clients live that clusters of different TLS or connect timeouts need. */
class LegTest {
  private static final Optional<TlsSpec> TLS =
      Optional.of(
          new TlsSpec("", List.of(), Optional.of(TestPem.text("ca.pem")), Optional.empty(), false));

  @RegisterExtension final TestBed bed = new TestBed();

  private final AtomicLong nanos = new AtomicLong(System.nanoTime());

  private Leg leg() {
    return leg(Duration.ofSeconds(60));
  }

  private Leg leg(Duration maxIdle) {
    Leg leg =
        Leg.start(
            new Leg.Settings(
                "test", 8, Duration.ofSeconds(1), maxIdle, Duration.ZERO, 100, 20, 120),
            nanos::get);
    bed.afterwards(leg::close);
    return leg;
  }

  private static Cluster cluster(Leg leg, int port, long connectMillis, Optional<TlsSpec> tls) {
    return cluster(leg, port, connectMillis, Protocol.HTTP1, tls);
  }

  private static Cluster cluster(
      Leg leg, int port, long connectMillis, Protocol protocol, Optional<TlsSpec> tls) {
    ConnectionPool pool =
        new ConnectionPool(
            0,
            0,
            0,
            0,
            0,
            0,
            Optional.of(Duration.ofMillis(connectMillis)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    return new Cluster(
        new ClusterSpec(
            "c",
            List.of(new EndpointSpec("127.0.0.1", port, 1)),
            Resolution.STATIC,
            protocol,
            new Balancing.LeastRequest(),
            pool,
            Optional.empty(),
            tls),
        leg);
  }

  @Test
  void client_whoseTlsOrConnectTimeoutNobodyHasAnyMore_isRetiredAfterAMinute() {
    Leg leg = leg();
    int threads = leg.threads().getMaxThreads();
    for (int i = 0; i < 10; i++) {
      cluster(leg, 1, 2000 + i, i % 2 == 0 ? TLS : Optional.empty()).close();
    }
    Cluster used = cluster(leg, 1, 2000, TLS);
    // One is the leg's own; that of the first cluster is in use again.
    assertThat(leg.clients()).isEqualTo(11);

    nanos.addAndGet(Duration.ofSeconds(59).toNanos());
    leg.sweep();
    assertThat(leg.clients()).isEqualTo(11);

    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    leg.sweep();
    assertThat(leg.clients()).isEqualTo(2);
    TestBed.await("their threads", () -> leg.threads().getMaxThreads() == threads + 1);
    used.close();
  }

  @Test
  void client_thatHasAConnectionYet_isNotRetired() throws Exception {
    RecordingOrigin origin = bed.origin("v1");
    Leg leg = leg();
    Cluster cluster = cluster(leg, origin.port(), 2000, Optional.empty());
    CompletableFuture<Boolean> answered = new CompletableFuture<>();
    cluster
        .pick()
        .get()
        .newRequest(RequestHead.primary(UpstreamFixture.request("", "::1"), "/"))
        .sendTo(result -> answered.complete(result.isSucceeded()));
    assertThat(answered.get(5, TimeUnit.SECONDS)).isTrue();
    origin.take();
    cluster.close();

    nanos.addAndGet(Duration.ofMinutes(2).toNanos());
    leg.sweep();
    assertThat(leg.clients()).isEqualTo(2);

    origin.close();
    TestBed.await(
        "the connection's end",
        () -> {
          leg.sweep();
          return leg.clients() == 1;
        });
  }

  @Test
  void clientOfHttp2_whoseServerClosesNothing_isRetiredWithItsIdleConnection() throws Exception {
    FrameOrigin origin = FrameOrigin.start("v1");
    bed.afterwards(origin::close);
    Leg leg = leg(Duration.ofMillis(1));
    Cluster cluster = cluster(leg, origin.port(), 1000, Protocol.HTTP2, Optional.empty());
    CompletableFuture<Boolean> answered = new CompletableFuture<>();
    cluster
        .pick()
        .get()
        .newRequest(RequestHead.primary(UpstreamFixture.request("", "::1"), "/"))
        .sendTo(result -> answered.complete(result.isSucceeded()));
    assertThat(answered.get(5, TimeUnit.SECONDS)).isTrue();
    cluster.close();

    nanos.addAndGet(Duration.ofMinutes(2).toNanos());
    TestBed.await(
        "the client's end",
        () -> {
          leg.sweep();
          return leg.clients() == 1;
        });
    TestBed.await("the connection's end", () -> origin.openConnections() == 0);
  }

  @Test
  void client_thatRulesDropAndWantAgain_isNoSecondOne() {
    Leg leg = leg();
    cluster(leg, 1, 2000, TLS).close();
    int threads = leg.threads().getMaxThreads();
    for (int i = 0; i < 10; i++) {
      cluster(leg, 1, 2000, TLS).close();
    }

    assertThat(leg.clients()).isEqualTo(2);
    assertThat(leg.threads().getMaxThreads()).isEqualTo(threads);
  }
}
