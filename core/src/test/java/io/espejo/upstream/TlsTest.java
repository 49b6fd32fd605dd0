package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.TestBed;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import io.espejo.upstream.TlsSpec.Identity;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which certificates are accepted, by what is said of TLS (the research's 3.4). */
class TlsTest extends UpstreamFixture {
  private static final Optional<String> CA = Optional.of(TestPem.text("ca.pem"));

  private static TlsSpec tls(String sni, List<String> names, Optional<String> ca, boolean skip) {
    return new TlsSpec(sni, names, ca, Optional.empty(), skip);
  }

  private static Cluster cluster(RecordingOrigin origin, TlsSpec tls) {
    return new Cluster(
        new ClusterSpec(
            "tls",
            List.of(new EndpointSpec("127.0.0.1", origin.port(), 1)),
            Resolution.STATIC,
            Protocol.HTTP1,
            new Balancing.LeastRequest(),
            ConnectionPool.DEFAULT,
            Optional.empty(),
            Optional.of(tls)),
        leg());
  }

  /** Whether a request for the host {@code httpbin} is answered. */
  private static boolean reaches(TlsSpec tls, boolean mutual) throws Exception {
    SSLServerSocket socket =
        (SSLServerSocket) TestPem.server().getServerSocketFactory().createServerSocket();
    socket.setNeedClientAuth(mutual);
    try (RecordingOrigin origin = RecordingOrigin.start("tls", 0, socket)) {
      Cluster cluster = cluster(origin, tls);
      CompletableFuture<Boolean> reached = new CompletableFuture<>();
      cluster
          .pick()
          .get()
          .newRequest(RequestHead.primary(request("", "::1"), "/"))
          .sendTo(result -> reached.complete(result.isSucceeded()));
      boolean answer = reached.get(5, TimeUnit.SECONDS);
      cluster.close();
      return answer;
    }
  }

  @Test
  void simple_certificateForTheRequestsHost_isAccepted() throws Exception {
    assertThat(reaches(tls("", List.of(), CA, false), false)).isTrue();
  }

  @Test
  void simple_unknownAuthority_isRefused() throws Exception {
    assertThat(reaches(tls("", List.of(), Optional.empty(), false), false)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "httpbin, true",
    "spiffe://cluster.local/ns/default/sa/httpbin, true",
    "other, false",
    "x.default.svc.cluster.local, false"
  })
  void subjectAltNames_oneMustBeInTheCertificate(String name, boolean accepted) throws Exception {
    assertThat(reaches(tls("", List.of("none", name), CA, false), false)).isEqualTo(accepted);
  }

  @Test
  void sni_withoutNames_isNotVerified() throws Exception {
    assertThat(reaches(tls("other.test", List.of(), CA, false), false)).isTrue();
  }

  @Test
  void insecureSkipVerify_acceptsAny() throws Exception {
    assertThat(reaches(tls("other.test", List.of(), Optional.empty(), true), false)).isTrue();
  }

  @Test
  void mutual_withAndWithoutAnIdentity() throws Exception {
    Identity identity = new Identity(TestPem.text("client.pem"), TestPem.text("client-key.pem"));
    assertThat(reaches(new TlsSpec("", List.of(), CA, Optional.of(identity), false), true))
        .isTrue();
    assertThat(reaches(tls("", List.of(), CA, false), true)).isFalse();
  }

  @Test
  void handshake_thatNeverEnds_timesOut() throws Exception {
    try (RecordingOrigin mute = RecordingOrigin.start("mute", 0)) {
      mute.onAccept(connection -> connection.hold(Duration.ofSeconds(10)));
      Cluster cluster = cluster(mute, tls("", List.of(), Optional.empty(), true));
      CompletableFuture<Throwable> failed = new CompletableFuture<>();
      cluster
          .pick()
          .get()
          .newRequest(RequestHead.primary(request("", "::1"), "/"))
          .sendTo(result -> failed.complete(result.getFailure()));

      assertThat(failed.get(5, TimeUnit.SECONDS)).isInstanceOf(SocketTimeoutException.class);
      cluster.close();
    }
  }

  /**
   * A client may call itself to any host: each is a name in TLS, and none is remembered for long.
   */
  @Test
  void hosts_asManyAsAClientLikes_areForgottenWithTheirConnections() throws Exception {
    SSLServerSocket socket =
        (SSLServerSocket) TestPem.server().getServerSocketFactory().createServerSocket();
    try (RecordingOrigin origin = RecordingOrigin.start("tls", 0, socket)) {
      Cluster cluster = cluster(origin, tls("", List.of(), Optional.empty(), true));
      List<String> hosts =
          new ArrayList<>(List.of("a!b", "a_b.", "-", "x".repeat(300), "[::1]:80", "192.0.2.1"));
      for (int host = 0; host < 100; host++) {
        hosts.add("host-" + host);
      }
      for (String host : hosts) {
        CompletableFuture<Boolean> reached = new CompletableFuture<>();
        cluster
            .pick()
            .get()
            .newRequest(RequestHead.primary(requestFor(host), "/"))
            .sendTo(result -> reached.complete(result.isSucceeded()));
        assertThat(reached.get(5, TimeUnit.SECONDS)).as(host).isTrue();
      }
      TestBed.await("all connections are closed", () -> origin.openConnections() == 0);
      TestBed.await(
          "all hosts are forgotten", () -> cluster.wire().client().getDestinations().isEmpty());
      cluster.close();
    }
  }

  @Test
  void pem_thatIsNone_isAFault() {
    assertThat(tls("", List.of(), Optional.of("hello"), false).fault()).isPresent();
    assertThat(tls("", List.of(), CA, false).fault()).isEmpty();
    Identity old =
        new Identity(TestPem.text("client.pem"), "-----BEGIN RSA PRIVATE KEY-----\n-----END");
    assertThat(new TlsSpec("", List.of(), CA, Optional.of(old), false).fault())
        .hasValueSatisfying(fault -> assertThat(fault).contains("PKCS #8"));
  }

  @Test
  void pem_keyOfAnotherCertificate_isAFault() {
    Identity mixed = new Identity(TestPem.text("client.pem"), TestPem.text("server-key.pem"));
    assertThat(new TlsSpec("", List.of(), CA, Optional.of(mixed), false).fault())
        .hasValueSatisfying(fault -> assertThat(fault).contains("not the certificate's"));
  }
}
