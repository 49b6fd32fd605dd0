package io.espejo.demo;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import io.espejo.demo.GatewayOptions.TlsFiles;
import io.espejo.testkit.Framing;
import io.espejo.testkit.LogWatch;
import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RecordedRequest;
import io.espejo.testkit.RulesYaml.Route;
import io.espejo.upstream.TestPem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway over TLS, and over HTTP/2 by ALPN and by prior knowledge. */
class GatewayHttp2Test {
  private static final Route MIRRORED = Route.to("v1").mirror("v2");

  @TempDir Path directory;

  @Test
  void tls_http2ByAlpn_isMirroredAsHttp1() throws Exception {
    try (ServerCertificate certificate = certificate();
        DemoGateway gateway =
            new DemoGateway(directory, MIRRORED, Optional.of(certificate), Optional.empty())) {
      HttpClient client = client(HttpClient.Version.HTTP_2, new AtomicReference<>());
      URI uri = URI.create("https://127.0.0.1:" + gateway.port() + "/a?b");

      HttpResponse<String> answer =
          client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertBoth(gateway, "GET /a?b HTTP/1.1", "127.0.0.1", Framing.NONE, "");

      client.send(
          HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString("hello")).build(),
          BodyHandlers.ofString());
      assertBoth(gateway, "POST /a?b HTTP/1.1", "127.0.0.1", Framing.LENGTH, "hello");

      client.send(
          HttpRequest.newBuilder(uri)
              .POST(
                  BodyPublishers.ofInputStream(
                      () -> new ByteArrayInputStream("of no length".getBytes(US_ASCII))))
              .build(),
          BodyHandlers.ofString());
      assertBoth(gateway, "POST /a?b HTTP/1.1", "127.0.0.1", Framing.CHUNKED, "of no length");
    }
  }

  @Test
  void tls_http1_isSpokenToo() throws Exception {
    try (ServerCertificate certificate = certificate();
        DemoGateway gateway =
            new DemoGateway(directory, MIRRORED, Optional.of(certificate), Optional.empty())) {
      HttpResponse<String> answer =
          client(HttpClient.Version.HTTP_1_1, new AtomicReference<>())
              .send(
                  HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + gateway.port() + "/"))
                      .build(),
                  BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
      RecordedRequest primary = gateway.v1.take();
      assertThat(primary.header("X-Forwarded-Proto")).isEqualTo("https");
      assertThat(gateway.v2.take().header("X-Forwarded-Proto")).isEqualTo("https");
    }
  }

  @Test
  void plain_http2ByPriorKnowledge_isMirroredAsHttp1() throws Exception {
    try (DemoGateway gateway =
            new DemoGateway(directory, MIRRORED, Optional.empty(), Optional.empty());
        org.eclipse.jetty.client.HttpClient client =
            new org.eclipse.jetty.client.HttpClient(
                new HttpClientTransportOverHTTP2(new HTTP2Client(new ClientConnector())))) {
      client.start();
      ContentResponse answer = client.GET("http://localhost:" + gateway.port() + "/a");
      assertThat(answer.getVersion()).isEqualTo(HttpVersion.HTTP_2);
      assertThat(answer.getStatus()).isEqualTo(200);
      assertBoth(gateway, "GET /a HTTP/1.1", "localhost", Framing.NONE, "");

      AsyncRequestContent body = new AsyncRequestContent();
      CompletableFuture<ContentResponse> posted =
          new CompletableResponseListener(
                  client.POST("http://localhost:" + gateway.port() + "/a").body(body))
              .send();
      body.write(ByteBuffer.wrap("of no length".getBytes(US_ASCII)), Callback.NOOP);
      body.close();
      assertThat(posted.get(5, TimeUnit.SECONDS).getStatus()).isEqualTo(200);
      assertBoth(gateway, "POST /a HTTP/1.1", "localhost", Framing.CHUNKED, "of no length");
    }
  }

  @Test
  void close_idleHttp2Clients_areNotWaitedFor() throws Exception {
    try (ServerCertificate certificate = certificate();
        DemoGateway secure =
            new DemoGateway(directory, MIRRORED, Optional.of(certificate), Optional.empty());
        DemoGateway plain =
            new DemoGateway(
                Files.createDirectory(directory.resolve("plain")),
                MIRRORED,
                Optional.empty(),
                Optional.empty());
        org.eclipse.jetty.client.HttpClient client =
            new org.eclipse.jetty.client.HttpClient(
                new HttpClientTransportOverHTTP2(new HTTP2Client(new ClientConnector())))) {
      client.start();
      client.GET("http://localhost:" + plain.port() + "/");
      HttpClient browser = client(HttpClient.Version.HTTP_2, new AtomicReference<>());
      browser.send(
          HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + secure.port() + "/")).build(),
          BodyHandlers.discarding());
      plain.v1.take();
      plain.v2.take();
      secure.v1.take();
      secure.v2.take();
      assertTimeout(Duration.ofSeconds(5), plain::close);
      assertTimeout(Duration.ofSeconds(5), secure::close);
      assertThat(browser.version()).isEqualTo(HttpClient.Version.HTTP_2);
    }
  }

  @Test
  void plain_upgradeToH2c_isPassedOver() throws Exception {
    try (DemoGateway gateway =
        new DemoGateway(directory, MIRRORED, Optional.empty(), Optional.empty())) {
      RawAnswer answer =
          RawClient.once(
              gateway.port(),
              RawRequest.get("/")
                  .header("Connection", "Upgrade, HTTP2-Settings")
                  .header("Upgrade", "h2c")
                  .header("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"));
      assertThat(answer.head().get(0)).startsWith("HTTP/1.1 200");
      gateway.v1.take();
      gateway.v2.drain();
    }
  }

  @Test
  void certificate_filesChange_newOnesAreTaken_brokenOnesAreNot() throws Exception {
    try (ServerCertificate certificate = certificate();
        LogWatch log = LogWatch.of("io.espejo.demo");
        DemoGateway gateway =
            new DemoGateway(directory, MIRRORED, Optional.of(certificate), Optional.empty())) {
      assertThat(subject(gateway)).isEqualTo("CN=server");
      Path other = Files.createDirectory(directory.resolve("other"));
      Files.move(
          TestPem.file(other, "client.pem"),
          directory.resolve("server.pem"),
          StandardCopyOption.REPLACE_EXISTING);
      log.await("not the certificate's; the last certificate stands");
      assertThat(subject(gateway)).isEqualTo("CN=server");
      Files.writeString(directory.resolve("server-key.pem"), TestPem.text("client-key.pem"));
      log.await("taken");
      await().until(() -> subject(gateway).equals("CN=client"));
      Files.delete(directory.resolve("server.pem"));
      log.await("cannot read ");
      assertThat(subject(gateway)).isEqualTo("CN=client");
      gateway.v1.drain();
      gateway.v2.drain();
    }
  }

  @Test
  void certificate_brokenAtTheStart_isRefused() throws IOException {
    Path certificate = TestPem.file(directory, "server.pem");
    assertThatThrownBy(
            () -> ServerCertificate.open(new TlsFiles(certificate, directory.resolve("none.pem"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none.pem");
    Path other = TestPem.file(directory, "client-key.pem");
    assertThatThrownBy(() -> ServerCertificate.open(new TlsFiles(certificate, other)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not the certificate's");
  }

  /** v1 got this, and v2 the same with the other Host. */
  private static void assertBoth(
      DemoGateway gateway, String requestLine, String host, Framing framing, String body) {
    RecordedRequest primary = gateway.v1.take();
    RecordedRequest shadow = gateway.v2.take();
    assertThat(primary.host()).isEqualTo(host + ":" + gateway.port());
    assertThat(shadow.host()).isEqualTo(host + "-shadow:" + gateway.port());
    for (RecordedRequest request : new RecordedRequest[] {primary, shadow}) {
      assertThat(request.requestLine()).isEqualTo(requestLine);
      assertThat(request.framing()).isEqualTo(framing);
      assertThat(request.body().text()).isEqualTo(body);
      assertThat(request.whole()).isTrue();
    }
  }

  private ServerCertificate certificate() throws IOException {
    return ServerCertificate.open(
        new TlsFiles(
            TestPem.file(directory, "server.pem"), TestPem.file(directory, "server-key.pem")));
  }

  /** Whose certificate a new connection meets. */
  private static String subject(DemoGateway gateway) throws Exception {
    AtomicReference<String> subject = new AtomicReference<>();
    client(HttpClient.Version.HTTP_2, subject)
        .send(
            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + gateway.port() + "/")).build(),
            BodyHandlers.discarding());
    return subject.get();
  }

  /** A client that trusts everybody, and remembers whom. */
  static HttpClient client(HttpClient.Version version, AtomicReference<String> subject)
      throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Trusting(subject)}, null);
    return HttpClient.newBuilder().version(version).sslContext(context).build();
  }

  private static final class Trusting extends X509ExtendedTrustManager {
    private final AtomicReference<String> subject;

    Trusting(AtomicReference<String> subject) {
      this.subject = subject;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      subject.set(chain[0].getSubjectX500Principal().getName());
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
      throw new AssertionError("no socket here");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      throw new AssertionError("no engine here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      throw new AssertionError("no server here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
      throw new AssertionError("no server here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
      throw new AssertionError("no server here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
