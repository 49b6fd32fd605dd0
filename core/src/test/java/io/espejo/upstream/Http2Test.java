package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.testkit.FrameOrigin;
import io.espejo.testkit.TestBed;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.client.BufferingResponseListener;
import org.eclipse.jetty.client.Destination;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.StringRequestContent;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 to an upstream: by prior knowledge, and by ALPN with TLS. */
class Http2Test extends UpstreamFixture {
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch together = new CountDownLatch(2);
  private final AtomicInteger open = new AtomicInteger();
  private Server server = new Server();
  private @Nullable FrameOrigin origin;

  private static String seen(Request request, String body, HttpFields trailers) {
    StringBuilder seen = new StringBuilder();
    seen.append(request.getConnectionMetaData().getHttpVersion()).append(' ');
    seen.append(request.getMethod()).append(' ').append(request.getHttpURI().getPathQuery());
    seen.append(' ').append(request.getHttpURI().getAuthority()).append('\n');
    request.getHeaders().forEach(field -> seen.append(field).append('\n'));
    return seen.append(body)
        .append('\n')
        .append(trailers == null ? "" : trailers.asString())
        .toString();
  }

  private int serve(Optional<SslContextFactory.Server> tls) throws Exception {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setUriCompliance(UriCompliance.UNSAFE);
    ServerConnector connector;
    if (tls.isPresent()) {
      ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory("h2");
      connector =
          new ServerConnector(
              server,
              new SslConnectionFactory(tls.get(), alpn.getProtocol()),
              alpn,
              new HTTP2ServerConnectionFactory(configuration));
    } else {
      connector = new ServerConnector(server, new HTTP2CServerConnectionFactory(configuration));
    }
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            if (Request.getPathInContext(request).equals("/together")) {
              together.countDown();
              together.await(5, TimeUnit.SECONDS);
            }
            String body = Content.Source.asString(request);
            response.setStatus(200);
            response.write(
                true,
                ByteBuffer.wrap(
                    seen(request, body, request.getTrailers()).getBytes(StandardCharsets.UTF_8)),
                callback);
            return true;
          }
        });
    connector.addBean(
        new org.eclipse.jetty.io.Connection.Listener() {
          @Override
          public void onOpened(org.eclipse.jetty.io.Connection connection) {
            connections.incrementAndGet();
            open.incrementAndGet();
          }

          @Override
          public void onClosed(org.eclipse.jetty.io.Connection connection) {
            open.decrementAndGet();
          }
        });
    server.start();
    return connector.getLocalPort();
  }

  @AfterEach
  void stop() throws Exception {
    server.stop();
    if (origin != null) {
      origin.close();
    }
  }

  private static Cluster cluster(int port, Optional<TlsSpec> tls) {
    return cluster(port, tls, ConnectionPool.DEFAULT);
  }

  private static Cluster cluster(int port, Optional<TlsSpec> tls, ConnectionPool pool) {
    return cluster(port, tls, pool, leg());
  }

  private static Cluster cluster(int port, Optional<TlsSpec> tls, ConnectionPool pool, Leg leg) {
    return new Cluster(
        new ClusterSpec(
            "h2",
            List.of(new EndpointSpec("127.0.0.1", port, 1)),
            Resolution.STATIC,
            Protocol.HTTP2,
            new Balancing.LeastRequest(),
            pool,
            Optional.empty(),
            tls),
        leg);
  }

  private static CompletableFuture<String> send(OutgoingRequest request) {
    CompletableFuture<String> answer = new CompletableFuture<>();
    request.sendTo(
        new BufferingResponseListener() {
          @Override
          public void onComplete(Result result) {
            if (result.isFailed()) {
              answer.completeExceptionally(result.getFailure());
            } else {
              answer.complete(getContentAsString(StandardCharsets.UTF_8));
            }
          }
        });
    return answer;
  }

  private static RequestHead head(String path, String query, String... headers) {
    return RequestHead.primary(request(query, "::1", headers), path);
  }

  @Test
  void h2c_rawTargetHostAndHeaders_arrive() throws Exception {
    Cluster cluster = cluster(serve(Optional.empty()), Optional.empty());
    OutgoingRequest request =
        cluster.pick().get().newRequest(head("//a|b/%2F", "q=%zz", "B", "1", "A", "2", "b", "3"));
    String seen = send(request).get(5, TimeUnit.SECONDS);
    assertThat(seen).startsWith("HTTP/2.0 GET //a|b/%2F?q=%zz httpbin\n");
    assertThat(seen).contains("b: 1\na: 2\nb: 3\n");
    assertThat(seen).doesNotContainIgnoringCase("\nhost:");
    cluster.close();
  }

  @Test
  void h2c_bodyAndTrailers_arrive() throws Exception {
    Cluster cluster = cluster(serve(Optional.empty()), Optional.empty());
    OutgoingRequest request =
        cluster.pick().get().newRequest(head("/", "", "Transfer-Encoding", "chunked"));
    request.body(new StringRequestContent("hello"));
    request.trailersSupplier(() -> HttpFields.build().add("x-sum", "5"));
    String seen = send(request).get(5, TimeUnit.SECONDS);
    assertThat(seen).contains("hello").contains("x-sum: 5").doesNotContain("chunked");
    cluster.close();
  }

  @Test
  void h2_byAlpn_isSpoken() throws Exception {
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setSslContext(TestPem.server());
    tls.setSniRequired(false);
    Cluster cluster =
        cluster(
            serve(Optional.of(tls)),
            Optional.of(
                new TlsSpec(
                    "", List.of(), Optional.of(TestPem.text("ca.pem")), Optional.empty(), false)));
    String seen = send(cluster.pick().get().newRequest(head("/x", ""))).get(5, TimeUnit.SECONDS);
    assertThat(seen).startsWith("HTTP/2.0 GET /x httpbin\n");
    cluster.close();
  }

  @Test
  void severalRequests_shareAConnection() throws Exception {
    Cluster cluster = cluster(serve(Optional.empty()), Optional.empty());
    for (int i = 0; i < 5; i++) {
      send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);
    }
    assertThat(connections).hasValue(1);
    cluster.close();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "2, 1", "1, 2"})
  void maxConcurrentStreams_beyondIt_anotherConnectionIsOpened(int streams, int expected)
      throws Exception {
    ConnectionPool pool = pool(0, streams);
    Cluster cluster = cluster(serve(Optional.empty()), Optional.empty(), pool);
    send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);
    CompletableFuture<String> one = send(cluster.pick().get().newRequest(head("/together", "")));
    CompletableFuture<String> two = send(cluster.pick().get().newRequest(head("/together", "")));
    assertThat(one.get(5, TimeUnit.SECONDS)).contains("GET");
    assertThat(two.get(5, TimeUnit.SECONDS)).contains("GET");
    assertThat(connections).hasValue(expected);
    cluster.close();
  }

  @Test
  void maxRequestsPerConnection_one_usesNoConnectionTwice() throws Exception {
    Cluster cluster = cluster(serve(Optional.empty()), Optional.empty(), pool(1, 0));
    for (int i = 0; i < 3; i++) {
      send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);
    }
    assertThat(connections).hasValue(3);
    cluster.close();
  }

  @Test
  void connection_unusedTooLong_isClosed() throws Exception {
    Cluster cluster = cluster(serve(Optional.empty()), Optional.empty());
    send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);

    TestBed.await("the connection is closed", () -> open.get() == 0);

    cluster.close();
  }

  @Test
  void connection_whoseServerDoesNotAnswerToTheClose_isClosed() throws Exception {
    FrameOrigin origin = origin();
    Cluster cluster = cluster(origin.port(), Optional.empty());
    send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);

    TestBed.await("the connection is closed", () -> origin.openConnections() == 0);

    cluster.close();
  }

  @Test
  void connection_thatHasAStreamYet_isNotClosed() throws Exception {
    FrameOrigin origin = origin();
    origin.behaveOnce(FrameOrigin.atEnd(FrameOrigin.Stream::head));
    Cluster cluster = cluster(origin.port(), Optional.empty(), idle(Duration.ofMillis(1)));
    CompletableFuture<String> answer = send(cluster.pick().get().newRequest(head("/", "")));
    FrameOrigin.Stream stream = origin.take();

    // Two looks at what idles, and the time that is given besides.
    pass(Duration.ofMillis(2500), () -> assertThat(origin.openConnections()).isEqualTo(1));

    stream.data("late".getBytes(StandardCharsets.UTF_8), true);
    assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo("late");
    cluster.close();
  }

  @Test
  void connection_thatHasAStreamYet_takesFurtherRequests() throws Exception {
    FrameOrigin origin = origin();
    origin.behaveOnce(FrameOrigin.atEnd(stream -> {}));
    Cluster cluster = cluster(origin.port(), Optional.empty(), idle(Duration.ofMillis(1)));
    CompletableFuture<String> waiting = send(cluster.pick().get().newRequest(head("/", "")));
    FrameOrigin.Stream owed = origin.take();
    for (int i = 0; i < 3; i++) {
      pass(Duration.ofMillis(20), () -> {});
      send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);
    }

    assertThat(origin.connections()).isEqualTo(1);
    owed.answer();
    assertThat(waiting.get(5, TimeUnit.SECONDS)).isEqualTo("v1");
    cluster.close();
  }

  /** Jetty would end the connection with all of its streams. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void request_withMoreThanTheServerTakes_failsAlone(boolean trailers) throws Exception {
    FrameOrigin origin = origin();
    origin.maxHeaderListSize(8192);
    origin.behaveOnce(FrameOrigin.atEnd(stream -> {}));
    Cluster cluster = cluster(origin.port(), Optional.empty());
    CompletableFuture<String> waiting = send(cluster.pick().get().newRequest(head("/", "")));
    FrameOrigin.Stream owed = origin.take();
    String large = "x".repeat(8200);
    OutgoingRequest request =
        cluster.pick().get().newRequest(trailers ? head("/", "") : head("/", "", "cookie", large));
    if (trailers) {
      request.body(new StringRequestContent("whole"));
      request.trailersSupplier(() -> HttpFields.build().add("x-large", large));
    }

    CompletableFuture<String> refused = send(request);

    assertThatThrownBy(() -> refused.get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IllegalArgumentException.class);
    assertThat(send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS))
        .isEqualTo("v1");
    owed.answer();
    assertThat(waiting.get(5, TimeUnit.SECONDS)).isEqualTo("v1");
    assertThat(origin.connections()).isEqualTo(1);
    cluster.close();
  }

  @Test
  void connection_unusedTooLong_isNotUsedAgain() throws Exception {
    FrameOrigin origin = origin();
    Cluster cluster = cluster(origin.port(), Optional.empty(), idle(Duration.ofMillis(1)));
    for (int i = 1; i <= 3; i++) {
      assertThat(send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS))
          .isEqualTo("v1");
      assertThat(origin.connections()).isEqualTo(i);
      pass(Duration.ofMillis(20), () -> {});
    }
    cluster.close();
  }

  @Test
  void request_thatMustBeSentAgain_goesWhereItWent() throws Exception {
    FrameOrigin origin = origin();
    Cluster cluster = cluster(origin.port(), Optional.empty());
    OutgoingRequest request = cluster.pick().get().newRequest(head("/", ""));
    send(request).get(5, TimeUnit.SECONDS);

    // As Jetty does when a connection ends just as it is given out.
    Destination again = cluster.wire().client().resolveDestination(request);

    assertThat(Wire.endpoint(again)).isSameAs(cluster.endpoints().get(0));
    cluster.close();
  }

  @Test
  void connection_silentWhileAnswersAreOwed_getsNoFurtherRequest() throws Exception {
    FrameOrigin origin = origin();
    try (Leg leg = Leg.start(settings("silent", Duration.ofMinutes(1)), nanos::get)) {
      Cluster cluster = cluster(origin.port(), Optional.empty(), ConnectionPool.DEFAULT, leg);
      // After its answer nothing is under way that the greeting may have brought.
      send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);
      origin.take();
      origin.behave(FrameOrigin.atEnd(stream -> {}));
      List<CompletableFuture<String>> answers = new ArrayList<>();
      List<FrameOrigin.Stream> owed = new ArrayList<>();
      for (int second = 0; second < 10; second++) {
        answers.add(send(cluster.pick().get().newRequest(head("/", ""))));
        owed.add(origin.take());
        assertThat(origin.connections()).isEqualTo(1);
        pass(Duration.ofSeconds(1));
      }
      origin.behave(new FrameOrigin.Behaviour() {});

      send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);

      assertThat(origin.connections()).isEqualTo(2);
      for (FrameOrigin.Stream stream : owed) {
        stream.answer();
      }
      for (CompletableFuture<String> answer : answers) {
        assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo("v1");
      }
      TestBed.await("the silent one is closed", () -> owed.get(0).connectionEnded());
      cluster.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"999, 1", "1000, 2"})
  void connection_silentForAWhileWhenARequestFails_getsNoFurtherRequest(int millis, int expected)
      throws Exception {
    FrameOrigin origin = origin();
    try (Leg leg = Leg.start(settings("failing", Duration.ofMinutes(1)), nanos::get)) {
      Cluster cluster = cluster(origin.port(), Optional.empty(), ConnectionPool.DEFAULT, leg);
      send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);
      origin.take();
      origin.behaveOnce(FrameOrigin.atEnd(stream -> {}));
      OutgoingRequest failing = cluster.pick().get().newRequest(head("/", ""));
      CompletableFuture<String> failed = send(failing);
      FrameOrigin.Stream stream = origin.take();
      pass(Duration.ofMillis(millis));
      failing.reset(new IOException("the client is gone"));
      assertThatThrownBy(() -> failed.get(5, TimeUnit.SECONDS)).isNotNull();
      TestBed.await("it is reset", stream::wasReset);

      send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);

      assertThat(origin.connections()).isEqualTo(expected);
      cluster.close();
    }
  }

  @Test
  void connection_thatAnswersSomeOfItsRequests_isKept() throws Exception {
    FrameOrigin origin = origin();
    try (Leg leg = Leg.start(settings("talking", Duration.ofMinutes(1)), nanos::get)) {
      Cluster cluster = cluster(origin.port(), Optional.empty(), ConnectionPool.DEFAULT, leg);
      origin.behaveOnce(FrameOrigin.atEnd(stream -> {}));
      CompletableFuture<String> waiting = send(cluster.pick().get().newRequest(head("/", "")));
      FrameOrigin.Stream owed = origin.take();
      for (int i = 0; i < 5; i++) {
        pass(Duration.ofSeconds(9));
        send(cluster.pick().get().newRequest(head("/", ""))).get(5, TimeUnit.SECONDS);
      }

      assertThat(origin.connections()).isEqualTo(1);
      owed.answer();
      assertThat(waiting.get(5, TimeUnit.SECONDS)).isEqualTo("v1");
      cluster.close();
    }
  }

  @Test
  void connect_toAServerThatNeverEndsTheTlsHandshake_timesOut() throws Exception {
    try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Cluster cluster =
          cluster(
              mute.getLocalPort(),
              Optional.of(new TlsSpec("", List.of(), Optional.empty(), Optional.empty(), true)));
      CompletableFuture<String> answer = send(cluster.pick().get().newRequest(head("/", "")));

      try (Socket accepted = mute.accept()) {
        assertThatThrownBy(() -> answer.get(5, TimeUnit.SECONDS))
            .hasCauseInstanceOf(SocketTimeoutException.class);
        accepted.setSoTimeout(5000);
        // To the end, which the client has made.
        accepted.getInputStream().transferTo(OutputStream.nullOutputStream());
      }
      cluster.close();
    }
  }

  /** Looks again and again for so long. */
  private static void pass(Duration time, Runnable check) {
    long begun = System.nanoTime();
    TestBed.await(
        "time passes",
        () -> {
          check.run();
          return System.nanoTime() - begun > time.toNanos();
        });
  }

  private FrameOrigin origin() throws IOException {
    FrameOrigin started = FrameOrigin.start("v1");
    origin = started;
    return started;
  }

  private static ConnectionPool idle(Duration idle) {
    return new ConnectionPool(
        0, 0, 0, 0, 0, 0, Optional.empty(), Optional.empty(), Optional.of(idle), Optional.empty());
  }

  private static ConnectionPool pool(int requestsPerConnection, int streams) {
    return new ConnectionPool(
        0,
        0,
        0,
        0,
        requestsPerConnection,
        streams,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
