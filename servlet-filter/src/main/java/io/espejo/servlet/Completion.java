package io.espejo.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import java.util.function.Consumer;

/**
 * The end of a request's asynchronous processing, told to the container once.
 *
 * <p>Tomcat looks for a listener of a socket's event, and then for the state of the request, under
 * a lock that {@code complete()} does not take: one between the two fails the connection, and the
 * client has no answer. So while Tomcat may still call for the body, the end is told in a call of
 * Tomcat's own: the next for the body or, within some two seconds, that for a timeout.
 */
final class Completion implements AsyncListener {
  private final AsyncContext async;
  private final ServletRequestBody body;
  private final boolean tomcat;
  private volatile boolean wanted;
  private volatile Consumer<Throwable> writer = cause -> {};

  private Completion(AsyncContext async, ServletRequestBody body, boolean tomcat) {
    this.async = async;
    this.body = body;
    this.tomcat = tomcat;
  }

  /** On the thread that started the asynchronous processing. */
  static Completion of(AsyncContext async, ServletRequestBody body, Container container) {
    boolean tomcat = container == Container.TOMCAT;
    Completion completion = new Completion(async, body, tomcat);
    if (tomcat && body.expected()) {
      async.addListener(completion);
    }
    return completion;
  }

  /** Whether the container may be making a call just now that a completion from here would fail. */
  boolean isHazardous() {
    return body.mayBeCalled();
  }

  /** Tells it now: within a call of the container's, or while it makes none. */
  void now() {
    if (lease().end(this::soon)) {
      try {
        async.complete();
      } finally {
        lease().exit();
      }
    }
  }

  /** What the container's objects may be used by until then. */
  Lease lease() {
    return body.lease();
  }

  /** Tells it as soon as it can do no harm. */
  void soon() {
    if (!tomcat || !isHazardous()) {
      now();
      return;
    }
    wanted = true;
    // Before the body hears of it, and may end what this belongs to.
    if (lease().call(() -> async.setTimeout(1))) {
      body.onNextCall(this::now);
    }
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    if (wanted) {
      // Tomcat fails a request whose end it is not told in this call.
      lease().await();
      now();
    }
  }

  @Override
  public void onComplete(AsyncEvent event) {
    // It was.
  }

  /** Who writes the answer, and has to hear that nobody takes it any more. */
  void tell(Consumer<Throwable> onError) {
    writer = onError;
  }

  /**
   * Tomcat ends the request after it. Where another thread of ours has met the error, it has
   * forgotten the listeners of body and answer by now.
   */
  @Override
  public void onError(AsyncEvent event) {
    Throwable cause = event.getThrowable() == null ? Lease.over() : event.getThrowable();
    body.onError(cause);
    writer.accept(cause);
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // Not by us.
  }
}
