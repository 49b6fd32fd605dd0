package io.espejo.proxy;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.UpgradedConnection;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/**
 * Carries bytes both ways between a client and v1 once they have left HTTP, each way at the pace of
 * who receives, with one buffer each.
 *
 * <p>The client's end is passed on, and v1 may finish what it says. v1's end is the end of both: no
 * Servlet container can close one half of a connection.
 */
final class Tunnel implements DownstreamResponse.Upgrade {
  private static final int BUFFER_SIZE = 16 * 1024;

  /** How many pieces are carried before the thread is left to others. */
  private static final int TURN = 8;

  private final Executor threads;
  private final Consumer<Tunnel> onEnd;

  // Guarded by this.
  private @Nullable UpgradedConnection upstream;
  private @Nullable UpgradedConnection client;
  private boolean over;

  /**
   * A tunnel that has no side yet.
   *
   * @param onEnd called once, when it is closed
   */
  Tunnel(Executor threads, Consumer<Tunnel> onEnd) {
    this.threads = threads;
    this.onEnd = onEnd;
  }

  /** Takes v1's side; the client's follows. */
  void upstream(UpgradedConnection connection) {
    boolean late;
    synchronized (this) {
      late = over;
      upstream = connection;
    }
    if (late) {
      connection.close();
    }
  }

  @Override
  public void succeeded(UpgradedConnection connection) {
    UpgradedConnection other;
    synchronized (this) {
      other = over ? null : upstream;
      client = connection;
    }
    if (other == null) {
      connection.close();
      return;
    }
    new Way(connection, other, other::finish).iterate();
    new Way(other, connection, this::close).iterate();
  }

  @Override
  public void failed(Throwable cause) {
    close();
  }

  /** Closes both sides. */
  void close() {
    UpgradedConnection first;
    UpgradedConnection second;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      first = upstream;
      second = client;
    }
    if (first != null) {
      first.close();
    }
    if (second != null) {
      second.close();
    }
    onEnd.accept(this);
  }

  /** One of the two ways. */
  private final class Way extends IteratingCallback implements DownstreamResponse.Callback {
    private final UpgradedConnection from;
    private final UpgradedConnection to;
    private final Runnable atEnd;
    private final byte[] buffer = new byte[BUFFER_SIZE];
    private final Runnable onReadable = Invocable.from(InvocationType.NON_BLOCKING, this::iterate);
    private int turn;

    Way(UpgradedConnection from, UpgradedConnection to, Runnable atEnd) {
      this.from = from;
      this.to = to;
      this.atEnd = atEnd;
    }

    @Override
    protected Action process() throws Throwable {
      if (turn == TURN) {
        turn = 0;
        threads.execute(this::iterate);
        return Action.IDLE;
      }
      int read = from.read(buffer);
      if (read < 0) {
        return Action.SUCCEEDED;
      }
      if (read == 0) {
        turn = 0;
        from.demand(onReadable);
        return Action.IDLE;
      }
      turn++;
      to.write(ByteBuffer.wrap(buffer, 0, read), this);
      return Action.SCHEDULED;
    }

    @Override
    protected void onCompleteSuccess() {
      atEnd.run();
    }

    @Override
    protected void onCompleteFailure(Throwable cause) {
      // Not this callback's own.
      Tunnel.this.close();
    }
  }
}
