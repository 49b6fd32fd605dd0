package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.testkit.RulesYaml.Route;
import io.espejo.upstream.TestPem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.net.ssl.SSLServerSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a DestinationRule and a ServiceEntry say of how v1 and v2 are reached (SEMANTICS 1, 5). */
abstract class DestinationContract extends GatewayFixture {
  private static final RawRequest GET = RawRequest.get("/headers").host("httpbin:8000");

  DestinationContract(GatewayContract container) {
    super(container);
  }

  /** A further rule for httpbin, or for one subset of it. */
  private static String policy(String policy) {
    return """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata:
          name: httpbin-policy
        spec:
          host: httpbin
          trafficPolicy: %s
        """
        .formatted(policy);
  }

  private RulesYaml toV1(String policy) {
    return service().with(policy(policy)).routes("httpbin", List.of("*"), Route.to("v1"));
  }

  private RulesYaml mirrored(String policy) {
    return service()
        .with(policy(policy))
        .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2"));
  }

  private RecordingOrigin secure(String name, boolean mutual) throws IOException {
    SSLServerSocket socket =
        (SSLServerSocket) TestPem.server().getServerSocketFactory().createServerSocket();
    socket.setNeedClientAuth(mutual);
    return bed.origin(name, socket);
  }

  private String pem(String name) throws IOException {
    return TestPem.file(dir, name).toString();
  }

  @Test
  void connectionPool_oneRequestAfterTheOther_areNeverTooMany() throws Exception {
    start(toV1("{connectionPool: {http: {http2MaxRequests: 1}}}"));
    RawClient client = client();

    for (int i = 0; i < 200; i++) {
      assertThat(client.exchange(GET).status()).isEqualTo(200);
    }

    v1.take(200);
  }

  @Test
  void connectionPool_oneRequestTooMany_isAnswered503() throws Exception {
    start(toV1("{connectionPool: {http: {http2MaxRequests: 1}}}"));
    CountDownLatch answer = new CountDownLatch(1);
    CountDownLatch arrived = new CountDownLatch(1);
    v1.behave(
        connection -> {
          connection.readBody();
          arrived.countDown();
          connection.await(answer);
          connection.send(Answer.of(200));
        });
    RawClient client = client().send(GET);
    assertThat(arrived.await(5, TimeUnit.SECONDS)).isTrue();

    RawAnswer overflow = exchange(GET);

    assertThat(overflow.status()).isEqualTo(503);
    assertThat(overflow.text()).contains("upstream overflow");
    assertThat(gateway().primaryCounts().overflows()).isEqualTo(1);
    answer.countDown();
    assertThat(client.read().status()).isEqualTo(200);
    v1.take();
  }

  @Test
  void v1_oneRequestBeyondConnectionsAndWaiting_isAnswered503() throws Exception {
    start(
        routes(Route.to("v1")),
        "primary.maxConnections",
        "1",
        "primary.maxWaiting",
        "1",
        "instance",
        "v1-bounds");
    CountDownLatch answer = new CountDownLatch(1);
    v1.behave(Behaviour.answerOnceOpen(answer, Answer.of(200)));
    RawClient first = client().send(GET);
    v1.take();
    RawClient waiting = client().send(GET);
    ObjectName name = new ObjectName("io.espejo:type=Espejo,instance=v1-bounds");
    MBeanServerConnection jmx = gateway().jmx();
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> jmx.getAttribute(name, "ActiveRequests").equals(2));

    assertThat(exchange(GET).status()).isEqualTo(503);

    assertThat(gateway().primaryCounts().overflows()).isEqualTo(1);
    answer.countDown();
    assertThat(first.read().status()).isEqualTo(200);
    assertThat(waiting.read().status()).isEqualTo(200);
    v1.take();
    assertThat(v1.connections()).isEqualTo(1);
  }

  @Test
  void connectionPool_oneCopyTooMany_isDropped() throws Exception {
    start(mirrored("{connectionPool: {http: {http2MaxRequests: 1}}}"));
    CountDownLatch answer = new CountDownLatch(1);
    v2.behave(
        connection -> {
          connection.readBody();
          connection.await(answer);
          connection.send(Answer.of(200));
        });

    for (int i = 0; i < 3; i++) {
      assertThat(exchange(GET).text()).isEqualTo("v1");
    }

    answer.countDown();
    assertThat(settled().dropped(Reason.IN_FLIGHT)).isEqualTo(2);
    v1.take(3);
    v2.take();
  }

  @Test
  void connectionPool_oneRequestPerConnection_keepsNone() throws Exception {
    start(toV1("{connectionPool: {http: {maxRequestsPerConnection: 1}}}"));

    RawClient client = client();
    for (int i = 0; i < 3; i++) {
      assertThat(client.exchange(GET).text()).isEqualTo("v1");
    }

    assertThat(v1.take(3)).extracting(RecordedRequest::ordinal).containsOnly(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tcp: {maxConnectionDuration: 1ms}",
        "http: {idleTimeout: 1ms}",
        "tcp: {idleTimeout: 1ms}"
      })
  void connectionPool_shortLivedConnections_areReplaced(String times) throws Exception {
    start(toV1("{connectionPool: {" + times + "}}"));
    RawClient client = client();

    TestBed.await("new connections", () -> answers(client) && v1.connections() > 4);

    v1.drain();
  }

  @Test
  void connectionPool_oneConnectionAndOneThatWaits_servesBothOnItAndNoThird() throws Exception {
    start(toV1("{connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1}}}"));
    CountDownLatch answer = new CountDownLatch(1);
    CountDownLatch arrived = new CountDownLatch(1);
    v1.behave(
        connection -> {
          connection.readBody();
          arrived.countDown();
          connection.await(answer);
          connection.send(Answer.of(200));
        });
    RawClient first = client().send(GET);
    assertThat(arrived.await(5, TimeUnit.SECONDS)).isTrue();
    List<CompletableFuture<RawAnswer>> others = List.of(onAThread(this::get), onAThread(this::get));

    Object refused = CompletableFuture.anyOf(others.get(0), others.get(1)).get(5, TimeUnit.SECONDS);

    assertThat(((RawAnswer) refused).text()).isEqualTo("upstream overflow");
    answer.countDown();
    assertThat(first.read().status()).isEqualTo(200);
    assertThat(others)
        .extracting(other -> other.get(5, TimeUnit.SECONDS).status())
        .containsExactlyInAnyOrder(200, 503);
    v1.take(2);
    assertThat(v1.connections()).isEqualTo(1);
  }

  /** Of its own: the common pool may have one for both. */
  private static CompletableFuture<RawAnswer> onAThread(Supplier<RawAnswer> exchange) {
    return CompletableFuture.supplyAsync(exchange, task -> new Thread(task, "client").start());
  }

  private RawAnswer get() {
    try {
      return exchange(GET);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void connectTimeout_ofAHostThatDoesNotAccept_isAnswered503InTime() throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> waiting = fill(full);
      start(
          RulesYaml.of()
              .service("httpbin", 8000, Map.of("v1", full.getLocalPort()))
              .with(policy("{connectionPool: {tcp: {connectTimeout: 100ms}}}"))
              .routes("httpbin", List.of("*"), Route.to("v1")));

      RawAnswer answer = exchange(GET);

      assertThat(answer.status()).isEqualTo(503);
      // Istio's default: two further attempts.
      assertThat(gateway().primaryCounts().retries()).isEqualTo(2);
      for (Socket socket : waiting) {
        socket.close();
      }
    }
  }

  /** Takes all the places of those that wait for this server to accept them. */
  private static List<Socket> fill(ServerSocket server) throws IOException {
    List<Socket> waiting = new ArrayList<>();
    while (waiting.size() < 10) {
      Socket socket = new Socket();
      waiting.add(socket);
      try {
        socket.connect(server.getLocalSocketAddress(), 200);
      } catch (SocketTimeoutException none) {
        return waiting;
      }
    }
    throw new AssertionError("the system lets more than 10 wait");
  }

  private static boolean answers(RawClient client) {
    try {
      return client.exchange(GET).status() == 200;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void connectionPool_oneRetryTooMany_getsTheAnswerThatItHas() throws Exception {
    start(
        service()
            .with(policy("{connectionPool: {http: {maxRetries: 1}}}"))
            .routes(
                "httpbin",
                List.of("*"),
                Route.to("v1").with("retries: {attempts: 1, retryOn: '503', backoff: 1000h}")));
    v1.behave(Behaviour.answer(Answer.of(503).body("busy")));
    RawClient pausing = client().send(GET);
    TestBed.await("a retry", () -> gateway().primaryCounts().retries() == 1);

    assertThat(exchange(GET).text()).isEqualTo("busy");

    assertThat(gateway().primaryCounts().retriesOverLimit()).isEqualTo(1);
    gateway().shutDown();
    assertThat(pausing.read().text()).isEqualTo("shutting down");
    v1.take(2);
  }

  @Test
  void unixSocket_ofV1AndItsMirror_isReached() throws Exception {
    UnixOrigin primary = UnixOrigin.start("one", dir.resolve("1"));
    bed.afterwards(primary::close);
    UnixOrigin shadow = UnixOrigin.start("two", dir.resolve("2"));
    bed.afterwards(shadow::close);
    start(
        RulesYaml.of()
            .with(
                """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: httpbin}
                spec:
                  hosts: [httpbin.default.svc.cluster.local]
                  ports: [{number: 8000, name: http, protocol: HTTP}]
                  resolution: STATIC
                  endpoints:
                  - {address: "unix://%s", labels: {version: v1}}
                  - {address: "unix://%s", labels: {version: v2}}
                """
                    .formatted(dir.resolve("1"), dir.resolve("2")))
            .with(
                """
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: httpbin}
                spec:
                  host: httpbin
                  subsets:
                  - {name: v1, labels: {version: v1}}
                  - {name: v2, labels: {version: v2}}
                """)
            .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2")));

    for (int i = 0; i < 3; i++) {
      assertThat(exchange(GET).text()).isEqualTo("one");
      assertThat(primary.take()).startsWith("GET /headers HTTP/1.1", "Host: httpbin:8000");
      assertThat(shadow.take()).startsWith("GET /headers HTTP/1.1", "Host: httpbin-shadow:8000");
    }
    assertThat(settled().completed(2)).isEqualTo(3);
  }

  private RulesYaml http2(H2cOrigin primary, H2cOrigin shadow) {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", primary.port(), "v2", shadow.port()))
        .with(policy("{connectionPool: {http: {h2UpgradePolicy: UPGRADE}}}"))
        .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2"));
  }

  private H2cOrigin h2c(String name) throws Exception {
    H2cOrigin origin = H2cOrigin.start(name);
    bed.afterwards(origin::close);
    return origin;
  }

  @Test
  void h2UpgradePolicy_upgrade_reachesV1AndItsMirrorByHttp2() throws Exception {
    H2cOrigin primary = h2c("one");
    H2cOrigin shadow = h2c("two");
    start(http2(primary, shadow));

    assertThat(exchange(GET).text()).isEqualTo("one");
    assertThat(primary.take().authority()).isEqualTo("httpbin:8000");
    assertThat(shadow.take().authority()).isEqualTo("httpbin-shadow:8000");

    RawRequest post =
        RawRequest.post("/post?q=1").host("httpbin:8000").chunked(bytes(100_000), 8_000);
    assertThat(exchange(post).text()).isEqualTo("one");
    String body = new String(bytes(100_000), StandardCharsets.ISO_8859_1);
    for (H2cOrigin origin : List.of(primary, shadow)) {
      H2cOrigin.Seen seen = origin.take();
      assertThat(seen.method()).isEqualTo("POST");
      assertThat(seen.target()).isEqualTo("/post?q=1");
      assertThat(seen.headers().contains("transfer-encoding")).isFalse();
      assertThat(seen.body()).isEqualTo(body);
    }
    assertThat(settled().completed(2)).isEqualTo(2);
  }

  @Test
  void http2_streamThatV1Refuses_isTriedAgain() throws Exception {
    H2cOrigin primary = h2c("one");
    H2cOrigin shadow = h2c("two");
    start(http2(primary, shadow));
    primary.refuse(1);

    assertThat(exchange(GET).text()).isEqualTo("one");

    assertThat(primary.take().headers().get("x-envoy-attempt-count")).isEqualTo("2");
    assertThat(shadow.take().headers().get("x-envoy-attempt-count")).isEqualTo("1");
    assertThat(gateway().primaryCounts().retries()).isEqualTo(1);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void outlierDetection_failingEndpoint_getsNoMoreRequests() throws Exception {
    start(
        service()
            .with(policy("{outlierDetection: {consecutive5xxErrors: 2, maxEjectionPercent: 50}}")));
    v1.behave(Behaviour.answer(Answer.of(500)));
    int failed = 0;
    for (int i = 0; i < 100; i++) {
      failed += exchange(GET).status() == 500 ? 1 : 0;
    }

    assertThat(failed).isEqualTo(2);
    v1.take(2);
    v2.take(98);
  }

  @Test
  void outlierDetection_refusingEndpoint_getsNoMoreRequests() throws Exception {
    start(
        RulesYaml.of()
            .service("httpbin", 8000, Map.of("v1", RecordingOrigin.refusingPort(), "v2", v2.port()))
            .with(
                policy(
                    "{outlierDetection: {splitExternalLocalOriginErrors: true,"
                        + " consecutiveLocalOriginFailures: 2, maxEjectionPercent: 50}}")));
    int failed = 0;
    for (int i = 0; i < 60; i++) {
      failed += exchange(GET).status() == 503 ? 1 : 0;
    }

    // One that is retried counts as well, and is not seen here.
    assertThat(failed).isLessThanOrEqualTo(2);
    v2.take(60 - failed);
  }

  @Test
  void consistentHash_cookie_isGivenAndKeepsTheEndpoint() throws Exception {
    start(
        service()
            .with(policy("{loadBalancer: {consistentHash: {httpCookie: {name: u, ttl: 60s}}}}")));
    Set<String> reached = new HashSet<>();
    for (int i = 0; i < 40; i++) {
      RawAnswer first = exchange(GET);
      String line = first.headers().first("set-cookie").orElseThrow();
      assertThat(line).startsWith("u=").contains("Max-Age=60", "HttpOnly");
      RawAnswer second = exchange(GET.header("Cookie", line.substring(0, line.indexOf(';'))));
      assertThat(second.headers().contains("set-cookie")).isFalse();
      assertThat(second.text()).isEqualTo(first.text());
      reached.add(first.text());
    }

    assertThat(reached).containsExactlyInAnyOrder("v1", "v2");
    v1.drain();
    v2.drain();
  }

  @Test
  void tls_simple_reachesV1AndItsMirror() throws Exception {
    v1 = secure("v1", false);
    v2 = secure("v2", false);
    start(mirrored("{tls: {mode: SIMPLE, caCertificates: %s}}".formatted(pem("ca.pem"))));

    RawAnswer answer = exchange(RawRequest.post("/post").host("httpbin:8000").body("hello"));

    assertThat(answer.text()).isEqualTo("v1");
    assertThat(v1.take().body().text()).isEqualTo("hello");
    assertThat(v2.take().host()).isEqualTo("httpbin-shadow:8000");
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void tls_handshakeThatNeverEnds_isGivenUpAsOneThatCannotBeReached() throws Exception {
    v1.onAccept(connection -> connection.hold(Duration.ofSeconds(10)));
    v2.onAccept(connection -> connection.hold(Duration.ofSeconds(10)));
    start(
        mirrored("{tls: {mode: SIMPLE, caCertificates: %s}}".formatted(pem("ca.pem"))),
        "primary.connectTimeout",
        "300ms",
        "shadow.connectTimeout",
        "300ms");

    assertThat(exchange(GET).status()).isEqualTo(503);

    assertThat(onlyOutcome()).isEqualTo("dropped CONNECT_TIMEOUT");
  }

  @Test
  void tls_mutual_showsTheClientsCertificate() throws Exception {
    v1 = secure("v1", true);
    start(
        toV1(
            "{tls: {mode: MUTUAL, sni: any.test, caCertificates: %s, clientCertificate: %s,"
                    .formatted(pem("ca.pem"), pem("client.pem"))
                + " privateKey: %s}}".formatted(pem("client-key.pem"))));

    assertThat(exchange(GET).text()).isEqualTo("v1");

    v1.take();
  }

  @Test
  void tls_certificateOfAnotherName_isAnswered503() throws Exception {
    v1 = secure("v1", false);
    start(toV1("{tls: {mode: SIMPLE, caCertificates: %s}}".formatted(pem("ca.pem"))));

    assertThat(exchange(RawRequest.get("/").host("other.test")).status()).isEqualTo(503);
    assertThat(exchange(GET).status()).isEqualTo(200);

    v1.take();
  }
}
