package io.espejo.servlet;

import io.espejo.exchange.DownstreamResponse;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A servlet's output, written to only when the container is ready for it; one caller at a time. */
final class NonBlockingOutput implements WriteListener {
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  /** Undertow's, which tries for ever to write what it cannot, unless its listener throws. */
  private static final String ENDLESS = "io.undertow.servlet.spec.UpgradeServletOutputStream";

  private final ServletOutputStream output;
  private final Lease lease;

  // Only the caller touches this.
  private boolean listening;

  // Guarded by this: what the container's next onWritePossible is to do.
  private @Nullable Step next;
  private @Nullable Throwable gone;

  /** The thread of the container that is in a call to this. */
  private volatile @Nullable Thread called;

  /** One write or flush that waits for the container, to be done or to be known done. */
  private record Step(
      ByteBuffer bytes, boolean flush, boolean written, DownstreamResponse.Callback callback) {
    void writeTo(ServletOutputStream output) throws IOException {
      if (flush) {
        output.flush();
      } else if (bytes.hasRemaining()) {
        put(bytes, output);
      }
    }

    Step taken() {
      return new Step(bytes, false, true, callback);
    }
  }

  /**
   * Of this stream.
   *
   * @param lease by which it may be used outside the container's calls
   */
  NonBlockingOutput(ServletOutputStream output, Lease lease) {
    this.output = output;
    this.lease = lease;
  }

  /** Writes bytes, perhaps none; the callback comes when the container has taken them. */
  void write(ByteBuffer bytes, DownstreamResponse.Callback callback) {
    submit(new Step(bytes, false, false, callback));
  }

  /** Sends what was written. */
  void flush(DownstreamResponse.Callback callback) {
    submit(new Step(EMPTY, true, false, callback));
  }

  /** Puts bytes there now. */
  static void put(ByteBuffer bytes, ServletOutputStream output) throws IOException {
    if (bytes.hasArray()) {
      output.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    } else {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      output.write(copy);
    }
  }

  private void submit(Step step) {
    Throwable broken;
    synchronized (this) {
      broken = gone;
      next = broken == null ? step : null;
    }
    if (broken != null) {
      step.callback().failed(broken);
      return;
    }
    try {
      if (!listening) {
        listening = true;
        listen();
      } else if (isReady()) {
        run();
      }
    } catch (IOException | RuntimeException failure) {
      fail(failure);
    }
  }

  /** Outside the lease, as Tomcat makes its first call within this, after a wait for a lock. */
  private void listen() throws IOException {
    if (lease.isOver()) {
      throw Lease.over();
    }
    output.setWriteListener(this);
  }

  private boolean isReady() throws IOException {
    if (!lease.enter()) {
      throw Lease.over();
    }
    try {
      return output.isReady();
    } finally {
      lease.exit();
    }
  }

  @Override
  public void onWritePossible() throws IOException {
    called = Thread.currentThread();
    try {
      run();
    } finally {
      called = null;
    }
  }

  /** Whether this is within a call of the container's. */
  boolean isCalled() {
    return called == Thread.currentThread();
  }

  /** Does the step that waits; the output is ready. */
  private void run() throws IOException {
    Step step;
    synchronized (this) {
      step = next;
      next = null;
    }
    if (step == null) {
      return;
    }
    if (step.written()) {
      step.callback().succeeded();
      return;
    }
    try {
      carryOut(step);
    } catch (IOException | RuntimeException failure) {
      step.callback().failed(failure);
      return;
    }
    // The buffer is the caller's again only when the container has taken all of it. What then
    // follows must be in place before the container is asked: it may call back at once.
    Throwable broken;
    synchronized (this) {
      broken = gone;
      next = broken == null ? step.taken() : null;
    }
    if (broken != null) {
      step.callback().failed(broken);
    } else if (isReady()) {
      run();
    }
  }

  private void carryOut(Step step) throws IOException {
    if (!lease.enter()) {
      throw Lease.over();
    }
    try {
      step.writeTo(output);
    } finally {
      lease.exit();
    }
  }

  @Override
  public void onError(Throwable cause) {
    fail(cause);
    if (output.getClass().getName().equals(ENDLESS)) {
      throw new Stop();
    }
  }

  /** The client is gone, or nobody will write to it any more: whoever waits is told. */
  void fail(Throwable cause) {
    Step step;
    synchronized (this) {
      gone = cause;
      step = next;
      next = null;
    }
    if (step != null) {
      step.callback().failed(cause);
    }
  }

  /** Ends a container's loop; without a stack trace, as it is logged. */
  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stop() {
      super("the client of an upgraded connection is gone", null, false, false);
    }
  }
}
