package io.espejo.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.eclipse.jetty.client.transport.HttpResponse;
import org.eclipse.jetty.io.Content;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerTest {
  private final Client client = new Client();
  private final List<Throwable> resets = new ArrayList<>();

  private void carry(long length, Content.Chunk... chunks) {
    new Answer(
            new HttpResponse(null),
            new Chunks(new ArrayDeque<>(List.of(chunks))),
            length,
            client,
            Runnable::run,
            () -> {},
            resets::add)
        .iterate();
  }

  private static Content.Chunk bytes(String text, boolean last) {
    return Content.Chunk.from(ByteBuffer.wrap(text.getBytes(UTF_8)), last);
  }

  private static Content.Chunk failure() {
    return Content.Chunk.from(new IOException("reset"), true);
  }

  @Test
  void content_whole_endsTheAnswer() {
    carry(-1, bytes("ab", false), bytes("cd", true));

    assertThat(client.seen).containsExactly("ab", "cd.");
    assertThat(resets).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"5", "-1"})
  void content_thatBreaksOff_abortsBothSides(long length) {
    carry(length, bytes("ab", false), failure());

    assertThat(client.seen).containsExactly("ab", "aborted");
    assertThat(resets).hasSize(1);
  }

  /** A v1 that closes with the request unread may reset behind its whole answer. */
  @Test
  void content_ofAllThatWasSaid_isWholeWhateverBreaksBehindIt() {
    carry(2, bytes("ab", false), failure());

    assertThat(client.seen).containsExactly("ab", ".");
    assertThat(resets).isEmpty();
  }

  private record Chunks(Queue<Content.Chunk> chunks) implements Content.Source {
    @Override
    public Content.Chunk read() {
      return chunks.poll();
    }

    @Override
    public void demand(Runnable callback) {
      throw new AssertionError("nothing more comes");
    }

    @Override
    public void fail(Throwable cause) {
      throw new AssertionError(cause);
    }
  }

  /** What is written, with a dot at its end. */
  private static final class Client implements DownstreamResponse {
    private final List<String> seen = new ArrayList<>();

    @Override
    public boolean earlyHints(Headers headers) {
      return false;
    }

    @Override
    public void start(int status, Headers headers) {}

    @Override
    public void write(ByteBuffer bytes, boolean last, Callback callback) {
      seen.add(UTF_8.decode(bytes) + (last ? "." : ""));
      callback.succeeded();
    }

    @Override
    public void flush(Callback callback) {
      callback.succeeded();
    }

    @Override
    public void trailers(Headers fields) {}

    @Override
    public void upgrade(Headers headers, Upgrade upgrade) {}

    @Override
    public void abort(Throwable cause) {
      seen.add("aborted");
    }
  }
}
