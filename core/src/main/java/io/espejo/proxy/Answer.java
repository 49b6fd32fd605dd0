package io.espejo.proxy;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Carries the content of v1's answer to the client, chunk by chunk at the client's pace; flushes
 * when v1 pauses, so that an event stream flows.
 */
final class Answer extends IteratingCallback implements DownstreamResponse.Callback {
  /** How many chunks are carried before the thread is left to other answers. */
  private static final int TURN = 8;

  private final Response response;
  private final Content.Source content;
  private final DownstreamResponse downstream;
  private final Executor threads;
  private final Runnable onWhole;
  private final Consumer<Throwable> abort;
  private final Runnable onReadable = Invocable.from(InvocationType.NON_BLOCKING, this::iterate);
  private Content.@Nullable Chunk chunk;
  private boolean flushed;
  private boolean finished;
  private int turn;

  /** What has still to come, if it was said; the client may know the end by it. */
  private long left;

  /**
   * An answer that has begun.
   *
   * @param length what v1 says of it, or -1
   * @param onWhole runs when all of it was read, before the client has the end of it; perhaps twice
   */
  Answer(
      Response response,
      Content.Source content,
      long length,
      DownstreamResponse downstream,
      Executor threads,
      Runnable onWhole,
      Consumer<Throwable> abort) {
    this.response = response;
    this.content = content;
    this.left = length;
    this.downstream = downstream;
    this.threads = threads;
    this.onWhole = onWhole;
    this.abort = abort;
  }

  @Override
  protected Action process() throws Throwable {
    if (finished) {
      return Action.SUCCEEDED;
    }
    if (turn == TURN) {
      turn = 0;
      threads.execute(this::iterate);
      return Action.IDLE;
    }
    turn++;
    Content.Chunk next = content.read();
    if (next == null) {
      if (flushed) {
        turn = 0;
        content.demand(onReadable);
        return Action.IDLE;
      }
      flushed = true;
      downstream.flush(this);
      return Action.SCHEDULED;
    }
    if (Content.Chunk.isFailure(next)) {
      if (left != 0) {
        throw next.getFailure();
      }
      // All that v1 said there would be has come: what broke is no part of it.
      next = Content.Chunk.EOF;
    }
    chunk = next;
    flushed = false;
    finished = next.isLast();
    left -= next.remaining();
    if (finished || left == 0) {
      onWhole.run();
      trailers();
    }
    downstream.write(next.getByteBuffer(), next.isLast(), this);
    return Action.SCHEDULED;
  }

  private void trailers() {
    HttpFields trailers = response.getTrailers();
    if (trailers != null) {
      Headers.Builder lines = Headers.builder();
      for (HttpField field : trailers) {
        String value = field.getValue();
        lines.add(field.getName(), value == null ? "" : value);
      }
      downstream.trailers(lines.build());
    }
  }

  @Override
  protected void onSuccess() {
    release();
  }

  @Override
  protected void onCompleteFailure(Throwable cause) {
    release();
    // Whichever side broke, the other must not take the answer for whole.
    downstream.abort(cause);
    abort.accept(cause);
  }

  private void release() {
    if (chunk != null) {
      chunk.release();
      chunk = null;
    }
  }
}
