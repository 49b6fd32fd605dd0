package io.espejo.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.Headers;
import io.espejo.exchange.MemoryBudget;
import io.espejo.exchange.RequestBody;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.junit.jupiter.api.Test;

class PrimaryBodyTest {
  private final List<String> heard = new ArrayList<>();
  private final PrimaryBody body = body(-1);

  private PrimaryBody body(long length) {
    return new PrimaryBody(
        new FiveBytes(),
        length,
        List.of(new Observer()),
        new KeptBody(new MemoryBudget(0), 0),
        () -> {},
        () -> {});
  }

  @Test
  void abandon_beforeTheAnswer_showsTheCopiesWhatHasCome() {
    body.abandon(new IOException("v1 is gone"));

    assertThat(heard).containsExactly("read", "chunk 5", "read", "trailers", "end");
  }

  @Test
  void leave_afterTheAnswer_touchesNothing() {
    body.leave(new IOException("the client has its answer"));

    assertThat(heard).containsExactly("cut", "fail");
  }

  @Test
  void read_afterAllWasShownToTheCopies_isNoEndForV1() {
    Request.Content sending = body.sending();
    body.abandon(new IOException("v1 has answered"));

    assertThat(Content.Chunk.isFailure(sending.read(), true)).isTrue();
  }

  @Test
  void read_ofMoreThanTheLengthSays_isAFailure() {
    Request.Content sending = body(4).sending();

    assertThat(Content.Chunk.isFailure(sending.read(), true)).isTrue();

    assertThat(heard).containsExactly("read", "cut");
  }

  @Test
  void read_ofLessThanTheLengthSays_isAFailure() {
    Request.Content sending = body(6).sending();

    assertThat(sending.read().remaining()).isEqualTo(5);
    assertThat(Content.Chunk.isFailure(sending.read(), true)).isTrue();

    assertThat(heard).containsExactly("read", "chunk 5", "read", "cut");
  }

  @Test
  void read_ofAsMuchAsTheLengthSays_isTheEnd() {
    Request.Content sending = body(5).sending();

    assertThat(sending.read().isLast()).isTrue();

    assertThat(heard).containsExactly("read", "chunk 5", "trailers", "end");
  }

  private final class Observer implements BodyObserver {
    @Override
    public void onChunk(BodyChunk chunk) {
      if (chunk.length() > 0) {
        heard.add("chunk " + chunk.length());
      }
    }

    @Override
    public void onEnd(Headers trailers) {
      heard.add("end");
    }

    @Override
    public void onCut(Throwable cause) {
      heard.add("cut");
    }
  }

  /** Five bytes that lie ready, and their end. */
  private final class FiveBytes implements RequestBody {
    private boolean taken;

    @Override
    public void open() {}

    @Override
    public BodyChunk read() {
      heard.add("read");
      BodyChunk next = taken ? BodyChunk.END : BodyChunk.of(new byte[5], false);
      taken = true;
      return next;
    }

    @Override
    public void demand(Runnable onReadable) {
      onReadable.run();
    }

    @Override
    public void fail(Throwable cause) {
      heard.add("fail");
    }

    @Override
    public Headers trailers() {
      heard.add("trailers");
      return Headers.EMPTY;
    }
  }
}
