package io.espejo;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.config.ConfigSource;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.testkit.Framing;
import io.espejo.testkit.RecordedBody;
import io.espejo.testkit.RecordedRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.TestBed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application reads, on its way to a v2. */
class ObservedBodyTest {
  @RegisterExtension final TestBed bed = new TestBed();

  @TempDir Path dir;

  private RecordingOrigin v2;
  private Espejo espejo;
  private LocalCopies copies;

  @BeforeEach
  void open() throws Exception {
    v2 = bed.origin("v2");
    Path file = dir.resolve("httpbin.yaml");
    RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", RecordingOrigin.refusingPort(), "v2", v2.port()))
        .routes("httpbin", List.of("httpbin"), RulesYaml.Route.to("v1").mirror("v2"))
        .writeTo(file);
    espejo =
        Espejo.open(
            ConfigSource.path(file),
            Settings.from(
                name -> name.equals("local") ? Optional.of("httpbin/v1") : Optional.empty()));
    bed.afterwards(
        () -> {
          TestBed.await("no copy in flight", () -> espejo.outcomes().inFlight() == 0);
          espejo.close();
          assertThat(espejo.lentBuffers()).as("buffers that nobody gave back").isZero();
        });
  }

  private ObservedBody body(long length) {
    String framing = length < 0 ? "Transfer-Encoding: chunked" : "Content-Length: " + length;
    Verdict.InPlace verdict = (Verdict.InPlace) espejo.evaluate(new Post(framing));
    copies = verdict.copies().orElseThrow();
    return new ObservedBody(copies, espejo.chunks(), copies.announcedLength());
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private void end(ObservedBody body) {
    body.onEnd(() -> Headers.EMPTY);
    copies.end();
  }

  private void assertCopied(byte[] bytes, Framing framing) {
    RecordedRequest copy = v2.take();
    assertThat(copy.whole()).isTrue();
    assertThat(copy.framing()).isEqualTo(framing);
    assertThat(copy.body().hash()).isEqualTo(RecordedBody.hashOf(bytes));
    TestBed.await("the copy is over", () -> espejo.outcomes().inFlight() == 0);
    assertThat(espejo.outcomes().completed(2)).isEqualTo(1);
  }

  private void assertCut() throws IOException {
    TestBed.await("the copy is over", () -> espejo.outcomes().inFlight() == 0);
    assertThat(espejo.outcomes().failed(Reason.CUT) + espejo.outcomes().dropped(Reason.CUT))
        .isEqualTo(1);
    TestBed.await("v2 has no connection", () -> v2.openConnections() == 0);
    assertThat(v2.drain()).noneMatch(RecordedRequest::whole);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5_000, 16_384, 16_385, 100_000})
  void bytes_inOnePiece_areWholeAtTheLast(int length) {
    ObservedBody body = body(length);
    byte[] bytes = bytes(length);
    byte[] wider = new byte[length + 20];
    System.arraycopy(bytes, 0, wider, 10, length);
    assertThat(body.seen()).isFalse();
    assertThat(body.measured()).isTrue();

    assertThat(body.onBytes(wider, 10, length)).isTrue();
    // It was copied.
    Arrays.fill(wider, (byte) 0);

    assertThat(body.complete()).isTrue();
    assertThat(body.seen()).isTrue();
    end(body);
    assertCopied(bytes, Framing.LENGTH);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16_383, 16_384, 40_000})
  void bytes_oneByOne_areGathered(int length) {
    ObservedBody body = body(length);
    byte[] bytes = bytes(length);

    for (int i = 0; i < length; i++) {
      assertThat(body.onByte(bytes[i] & 0xff)).isEqualTo(i == length - 1);
    }

    end(body);
    assertCopied(bytes, Framing.LENGTH);
  }

  @Test
  void bytes_oneByOneAndThenMany_keepTheirOrder() {
    ObservedBody body = body(-1);
    byte[] bytes = bytes(3_000);
    assertThat(body.measured()).isFalse();

    for (int i = 0; i < 1_000; i++) {
      assertThat(body.onByte(bytes[i] & 0xff)).isFalse();
    }
    assertThat(body.onBytes(bytes, 1_000, 1_500)).isFalse();
    for (int i = 2_500; i < 3_000; i++) {
      assertThat(body.onByte(bytes[i] & 0xff)).isFalse();
    }

    assertThat(body.complete()).isFalse();
    end(body);
    assertCopied(bytes, Framing.CHUNKED);
  }

  @Test
  void bytes_thatWereGathered_areShownAtAFlush() {
    ObservedBody body = body(-1);
    body.onByte('a');
    assertThat(v2.bodyBytes()).isZero();

    body.flush();

    TestBed.await("v2 has it", () -> v2.bodyBytes() == 1);
    end(body);
    assertCopied(new byte[] {'a'}, Framing.CHUNKED);
  }

  @Test
  void end_beforeAllThatWasAnnounced_isACut() throws Exception {
    ObservedBody body = body(1_000);
    assertThat(body.onBytes(bytes(999), 0, 999)).isFalse();

    end(body);

    assertCut();
    assertThat(body.live()).isFalse();
  }

  @Test
  void more_thanWasAnnounced_isACut() throws Exception {
    ObservedBody body = body(1_000);

    body.onBytes(bytes(1_001), 0, 1_001);

    end(body);
    assertCut();
  }

  @Test
  void cut_isOneWhateverFollows() throws Exception {
    ObservedBody body = body(-1);
    body.onBytes(bytes(1_000), 0, 1_000);

    body.onCut(new IOException("gone"));

    assertThat(body.live()).isFalse();
    assertThat(body.onBytes(bytes(10), 0, 10)).isFalse();
    assertThat(body.onByte(1)).isFalse();
    end(body);
    assertCut();
  }

  @Test
  void body_thatNoCopyWants_takesNoBuffer() throws Exception {
    ObservedBody body = body(-1);
    copies.end();
    assertThat(espejo.outcomes().dropped(Reason.UNREAD)).isEqualTo(1);

    assertThat(body.onByte(1)).isFalse();
    assertThat(body.onBytes(bytes(10), 0, 10)).isFalse();
    body.flush();

    assertThat(espejo.chunks().lent()).isZero();
    assertThat(body.seen()).isFalse();
  }

  /** A POST with one line that says how long its body is. */
  private record Post(String framing) implements DownstreamRequest {
    @Override
    public String method() {
      return "POST";
    }

    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String authority() {
      return "httpbin";
    }

    @Override
    public String path() {
      return "/post";
    }

    @Override
    public Optional<String> query() {
      return Optional.empty();
    }

    @Override
    public Headers headers() {
      String[] line = framing.split(": ", -1);
      return Headers.builder().add("Host", "httpbin").add(line[0], line[1]).build();
    }

    @Override
    public String peerAddress() {
      return "127.0.0.1";
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }
}
