package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.testkit.RulesYaml.Route;
import io.espejo.upstream.TestPem;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.net.ssl.SSLServerSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

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
    assertThat(gateway().espejo().primaryCounts().overflows()).isEqualTo(1);
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
    MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> jmx.getAttribute(name, "ActiveRequests").equals(2));

    assertThat(exchange(GET).status()).isEqualTo(503);

    assertThat(gateway().espejo().primaryCounts().overflows()).isEqualTo(1);
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
