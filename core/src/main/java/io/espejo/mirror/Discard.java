package io.espejo.mirror;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongConsumer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Invocable.InvocationType;

/**
 * Reads v2's answer and throws it away, a few chunks a turn, so that one that floods does not hold
 * up the others.
 */
final class Discard implements Runnable {
  private static final int TURN = 8;

  private final Content.Source content;
  private final Executor threads;
  private final LongConsumer sizeSoFar;
  private final Runnable onReadable = Invocable.from(InvocationType.NON_BLOCKING, this);
  private long bytes;

  Discard(Content.Source content, Executor threads, LongConsumer sizeSoFar) {
    this.content = content;
    this.threads = threads;
    this.sizeSoFar = sizeSoFar;
  }

  @Override
  public void run() {
    for (int turn = 0; turn < TURN; turn++) {
      Content.Chunk chunk = content.read();
      if (chunk == null) {
        content.demand(onReadable);
        return;
      }
      if (Content.Chunk.isFailure(chunk)) {
        // The exchange is at its end already, and tells of it.
        return;
      }
      bytes += chunk.remaining();
      chunk.release();
      sizeSoFar.accept(bytes);
      if (chunk.isLast()) {
        return;
      }
    }
    try {
      threads.execute(this);
    } catch (RejectedExecutionException closed) {
      // The leg was closed, and has ended the exchange.
    }
  }
}
