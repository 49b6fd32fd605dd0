package io.espejo.upstream;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.UpgradedConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * v1's side of an upgraded connection: what is left of one of Jetty's when HTTP has ended on it.
 */
final class UpstreamConnection extends AbstractConnection.NonBlocking
    implements Connection.UpgradeTo, UpgradedConnection {
  /** How long v1 may be silent once the client has said its last. */
  private static final Duration AFTER_FINISH = Duration.ofSeconds(10);

  private final Runnable onIdle;

  /** What came with the head of the answer. */
  private @Nullable ByteBuffer early;

  private volatile @Nullable Throwable failure;
  private volatile Runnable onReadable = () -> {};

  UpstreamConnection(EndPoint endPoint, Executor threads, Duration idleTimeout, Runnable onIdle) {
    super(endPoint, threads);
    this.onIdle = onIdle;
    endPoint.setIdleTimeout(idleTimeout.toMillis());
  }

  @Override
  public void onUpgradeTo(ByteBuffer buffer) {
    early = buffer;
  }

  @Override
  public int read(byte[] buffer) throws IOException {
    Throwable broken = failure;
    if (broken != null) {
      throw new IOException(broken);
    }
    ByteBuffer first = early;
    if (first != null) {
      int length = Math.min(first.remaining(), buffer.length);
      first.get(buffer, 0, length);
      early = first.hasRemaining() ? first : null;
      return length;
    }
    return getEndPoint().fill(BufferUtil.toBuffer(buffer, 0, 0));
  }

  @Override
  public void demand(Runnable readable) {
    onReadable = readable;
    fillInterested();
  }

  @Override
  public void onFillable() {
    onReadable.run();
  }

  @Override
  public void onFillInterestedFailed(Throwable cause) {
    failure = cause;
    onReadable.run();
  }

  @Override
  public boolean onIdleExpired(TimeoutException timeout) {
    getExecutor().execute(onIdle);
    return false;
  }

  @Override
  public void write(ByteBuffer bytes, DownstreamResponse.Callback callback) {
    getEndPoint().write(Callback.from(callback::succeeded, callback::failed), bytes);
  }

  @Override
  public void finish() {
    getEndPoint().shutdownOutput();
    long idle = getEndPoint().getIdleTimeout();
    if (idle <= 0 || idle > AFTER_FINISH.toMillis()) {
      getEndPoint().setIdleTimeout(AFTER_FINISH.toMillis());
    }
  }

  @Override
  public void close() {
    getEndPoint().close();
  }
}
