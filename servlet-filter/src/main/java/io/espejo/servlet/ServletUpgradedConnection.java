package io.espejo.servlet;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.UpgradedConnection;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The client's side of an upgraded connection, as the container gives it. */
final class ServletUpgradedConnection implements UpgradedConnection, ReadListener {
  private final WebConnection connection;
  private final ServletInputStream input;
  private final NonBlockingOutput output;
  private final boolean undertow;

  private volatile boolean readable;
  private volatile boolean ended;
  private volatile @Nullable Throwable failure;

  // Guarded by this.
  private @Nullable Runnable demand;

  ServletUpgradedConnection(WebConnection connection) throws IOException {
    this.connection = connection;
    this.input = connection.getInputStream();
    this.output = new NonBlockingOutput(connection.getOutputStream(), new Lease(false, () -> {}));
    this.undertow = connection.getClass().getName().startsWith("io.undertow.");
  }

  /** Lets bytes come; on the container's thread. */
  void open() {
    input.setReadListener(this);
  }

  @Override
  public int read(byte[] buffer) throws IOException {
    if (readable && !over() && isReady()) {
      int read = input.read(buffer);
      if (read > 0) {
        return read;
      }
      ended |= read < 0;
    }
    Throwable cause = failure;
    if (cause != null) {
      throw new IOException(cause);
    }
    return ended ? -1 : 0;
  }

  private boolean over() {
    return ended || failure != null;
  }

  /** Jetty may call onDataAvailable inside {@code isReady()}, which then says no all the same. */
  private boolean isReady() {
    do {
      readable = false;
      if (input.isReady()) {
        readable = true;
        return true;
      }
    } while (readable && !over());
    return false;
  }

  @Override
  public void demand(Runnable onReadable) {
    synchronized (this) {
      if (!readable && !over()) {
        demand = onReadable;
        return;
      }
    }
    onReadable.run();
  }

  @Override
  public void onDataAvailable() {
    signal();
  }

  @Override
  public void onAllDataRead() {
    ended = true;
    signal();
  }

  /** The client is gone; on Tomcat also when it has only said its last. */
  @Override
  public void onError(Throwable cause) {
    failure = cause;
    signal();
    output.fail(cause);
  }

  private void signal() {
    Runnable waiting;
    synchronized (this) {
      readable = true;
      waiting = demand;
      demand = null;
    }
    if (waiting != null) {
      waiting.run();
    }
  }

  @Override
  public void write(ByteBuffer bytes, DownstreamResponse.Callback callback) {
    output.write(
        undertow ? exact(bytes) : bytes,
        new DownstreamResponse.Callback() {
          @Override
          public void succeeded() {
            output.flush(callback);
          }

          @Override
          public void failed(Throwable cause) {
            callback.failed(cause);
          }
        });
  }

  /** In an array of its own: Undertow writes all of one, whatever part of it is meant. */
  private static ByteBuffer exact(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return ByteBuffer.wrap(copy);
  }

  /** Containers cannot close one half. */
  @Override
  public void finish() {
    close();
  }

  @Override
  public void close() {
    onError(new IOException("closed"));
    try {
      if (undertow) {
        // Its own call waits, without an end, for a client that reads nothing.
        connection.getOutputStream().close();
        input.close();
      } else {
        connection.close();
      }
    } catch (Exception gone) {
      // It is closed.
    }
    TomcatWake.wake(input);
  }
}
