package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.CompletableResponseListener;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that speak HTTP/2, by prior knowledge, before versions that speak HTTP/1.1. */
abstract class Http2ClientContract extends GatewayFixture {
  private static final int MAX_ANSWER = 32 << 20;

  private HttpClient client;

  Http2ClientContract(GatewayContract container) {
    super(container);
  }

  @BeforeEach
  void startClient() throws Exception {
    client = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
    client.setUserAgentField(null);
    client.start();
    client.getContentDecoderFactories().clear();
    bed.afterwards(client::stop);
  }

  @Override
  Gateway open(GatewayContract with, Path rules, Map<String, String> settings) throws Exception {
    return with.startHttp2(rules, settings);
  }

  private Request request(String target) {
    return client.newRequest("http://127.0.0.1:" + gateway().port() + target);
  }

  private static ContentResponse exchange(Request request) throws Exception {
    CompletableFuture<ContentResponse> answer =
        new CompletableResponseListener(request, MAX_ANSWER).send();
    return answer.get(10, TimeUnit.SECONDS);
  }

  @Test
  void get_isServedAndMirrored() throws Exception {
    start(mirrored());

    ContentResponse answer = exchange(request("/a?b=c"));

    assertThat(answer.getContentAsString()).isEqualTo("v1");
    RecordedRequest primary = v1.take();
    assertThat(primary.target()).isEqualTo("/a?b=c");
    assertThat(primary.host()).isEqualTo("127.0.0.1:" + gateway().port());
    assertThat(primary.framing()).isEqualTo(Framing.NONE);
    RecordedRequest copy = v2.take();
    assertThat(copy.host()).isEqualTo("127.0.0.1-shadow:" + gateway().port());
    assertThat(copy.framing()).isEqualTo(Framing.NONE);
    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 1_000_000})
  void bodies_withALength_areTheSameOnBothAndBack(int size) throws Exception {
    start(mirrored(), "shadow.maxLagBytes", Integer.toString(16 << 20));
    byte[] body = bytes(size);
    v1.behave(Behaviour.answer(Answer.of(200).body(body)));

    ContentResponse answer =
        exchange(request("/").method("POST").body(new BytesRequestContent(body)));

    assertThat(answer.getContent()).isEqualTo(body);
    for (RecordedRequest received : List.of(v1.take(), v2.take())) {
      assertThat(received.body().hash()).isEqualTo(RecordedBody.hashOf(body));
      assertThat(received.framing()).isEqualTo(Framing.LENGTH);
    }
  }

  @Test
  void body_withoutALength_goesOnInChunks() throws Exception {
    start(mirrored());
    AsyncRequestContent body = new AsyncRequestContent();
    CompletableFuture<ContentResponse> answer =
        new CompletableResponseListener(request("/").method("POST").body(body)).send();
    for (int i = 0; i < 10; i++) {
      body.write(ByteBuffer.wrap(bytes(1000)), Callback.NOOP);
    }
    closeOnceUnderWay(body);

    assertThat(answer.get(5, TimeUnit.SECONDS).getContentAsString()).isEqualTo("v1");
    for (RecordedRequest received : List.of(v1.take(), v2.take())) {
      assertThat(received.framing()).isEqualTo(Framing.CHUNKED);
      assertThat(received.body().length()).isEqualTo(10_000);
    }
  }

  /** Jetty's client tells the length of what is whole before it is sent. */
  private void closeOnceUnderWay(AsyncRequestContent body) {
    TestBed.await("v1 is asked", () -> v1.connections() == 1);
    body.close();
  }

  @Test
  void trailers_ofV1_reachTheClient() throws Exception {
    needs(Capability.ANSWER_TRAILERS);
    start(mirrored());
    v1.behave(Behaviour.answer(Answer.of(200).body("whole").trailers("grpc-status: 0")));

    ContentResponse answer = exchange(request("/"));

    assertThat(answer.getContentAsString()).isEqualTo("whole");
    assertThat(answer.getTrailers().get("grpc-status")).isEqualTo("0");
    v1.take();
    v2.take();
  }

  @Test
  void trailers_ofTheClient_reachBoth() throws Exception {
    needs(Capability.HTTP2_REQUEST_TRAILERS);
    start(mirrored());
    AsyncRequestContent body = new AsyncRequestContent();
    Request post =
        request("/")
            .method("POST")
            .headers(fields -> fields.put("te", "trailers"))
            .body(body)
            .trailersSupplier(() -> HttpFields.build().put("x-sum", "abc"));
    CompletableFuture<ContentResponse> answer = new CompletableResponseListener(post).send();
    body.write(ByteBuffer.wrap(bytes(10)), Callback.NOOP);
    closeOnceUnderWay(body);

    assertThat(answer.get(5, TimeUnit.SECONDS).getContentAsString()).isEqualTo("v1");
    for (RecordedRequest sent : List.of(v1.take(), v2.take())) {
      assertThat(sent.header("te")).isEqualTo("trailers");
      assertThat(sent.trailers().all("x-sum")).containsExactly("abc");
    }
  }

  @Test
  void answer_thatBreaksOff_resetsTheStream() throws Exception {
    needs(Capability.CHUNKED_TRUNCATION);
    start(mirrored());
    v1.behave(Behaviour.closeInAnswer(Answer.of(200).body(bytes(100_000)), 50_000));

    assertThat(catchThrowable(() -> exchange(request("/")))).isInstanceOf(ExecutionException.class);

    v1.take();
    v2.take();
  }

  @Test
  void streams_ofOneConnection_areServedAtOnce() throws Exception {
    start(mirrored());
    List<CompletableFuture<ContentResponse>> answers =
        IntStream.range(0, 50)
            .mapToObj(i -> new CompletableResponseListener(request("/" + i)).send())
            .toList();

    for (CompletableFuture<ContentResponse> answer : answers) {
      assertThat(answer.get(5, TimeUnit.SECONDS).getContentAsString()).isEqualTo("v1");
    }
    v1.take(50);
    v2.take(50);
  }
}
