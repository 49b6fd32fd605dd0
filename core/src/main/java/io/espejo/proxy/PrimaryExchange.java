package io.espejo.proxy;

import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import io.espejo.proxy.Waits.Wait;
import io.espejo.upstream.Endpoint;
import io.espejo.upstream.Fault;
import io.espejo.upstream.OutgoingRequest;
import io.espejo.upstream.RequestHead;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with v1: the request goes out as the client sends it, the answer comes back as v1
 * gives it, and the body's observers see what v1 is given.
 *
 * <p>Nothing blocks: v1 sets the pace of the client's upload, the client that of v1's answer.
 */
final class PrimaryExchange {
  /** How long the body of a request that v1 refused may take to come for the copies. */
  private static final Duration BODY_GRACE = Duration.ofMillis(100);

  /** What is read of an answer that is thrown away, so that its connection can be kept. */
  private static final int MAX_THROWN_AWAY = 16 * 1024;

  private final Primaries primaries;
  private final PrimaryRules rules;
  private final RequestHead head;
  private final PrimaryBody body;
  private final DownstreamResponse downstream;
  private final PrimaryListener listener;

  // One attempt follows another, so these are touched by one thread after the other.
  private List<Endpoint> tried = List.of();
  private @Nullable Backoff backoff;
  private int attempts = 1;
  private int left;
  private boolean holdsRetry;
  private boolean holdsUpgrade;
  private boolean replaced;

  // Guarded by this.
  private Attempt attempt;
  private @Nullable Wait pause;
  private @Nullable Runnable timer;
  private boolean timedOut;
  private boolean over;

  private volatile boolean answering;
  private volatile boolean early;
  private volatile long wholeNanos;

  /** One request to one endpoint. */
  private static final class Attempt {
    private final Endpoint endpoint;
    private final OutgoingRequest request;
    private final AtomicBoolean released = new AtomicBoolean();

    // Touched by the threads of the client, one after the other.
    private volatile boolean answered;
    private boolean thrownAway;

    // Guarded by the exchange.
    private boolean begun;
    private boolean ended;
    private @Nullable Runnable timer;

    Attempt(Endpoint endpoint, RequestHead sentHead) {
      this.endpoint = endpoint;
      this.request = endpoint.newRequest(sentHead);
    }

    /** Gives the place among the endpoint's requests back, once. */
    void release() {
      if (released.compareAndSet(false, true)) {
        endpoint.release();
      }
    }

    boolean connected() {
      return request.getConnection() != null;
    }
  }

  /** The end of a time limit; carries no stack trace, because it is no fault. */
  private static final class TimeLimit extends TimeoutException {
    private static final long serialVersionUID = 1;

    TimeLimit(String message) {
      super(message);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /** An exchange that has not begun; {@code first} was acquired. */
  PrimaryExchange(
      Primaries primaries,
      PrimaryRules rules,
      Endpoint first,
      RequestHead head,
      RequestBody body,
      List<? extends BodyObserver> observers,
      DownstreamResponse downstream,
      PrimaryListener listener) {
    this.primaries = primaries;
    this.rules = rules;
    this.head = head;
    this.left = rules.retries().attempts();
    this.body =
        new PrimaryBody(
            body,
            head.contentLength(),
            observers,
            new KeptBody(primaries.memory(), left == 0 ? 0 : primaries.limits().retryBodyBytes()),
            this::onWhole,
            left == 0 ? () -> {} : primaries.counter().bodiesNotKept::increment);
    this.downstream = downstream;
    this.listener = listener;
    this.attempt = new Attempt(first, head);
  }

  /** Sends the request; the rest happens on the leg's threads, and on those of the container. */
  void start() {
    if (head.hasBody()) {
      body.open();
      // Until it is asked for, the body may be whole for all that is known.
      startTimer();
    } else {
      body.none();
    }
    if (head.isUpgrade()) {
      holdsUpgrade = primaries.upgrades().acquire();
      if (!holdsUpgrade) {
        primaries.counter().upgradesOverLimit.increment();
        attemptNow().release();
        fail(new IOException("too many upgrades"), LocalAnswer.OVERFLOW);
        return;
      }
    }
    send(attempt);
  }

  private void send(Attempt next) {
    listener.onAttempt(next.endpoint);
    OutgoingRequest outgoing = next.request;
    if (head.hasBody()) {
      outgoing.body(body.sending());
      if (head.framing() == RequestHead.Framing.CHUNKED) {
        outgoing.trailersSupplier(body::trailers);
      }
    }
    if (!rules.perTry().isZero()) {
      outgoing.onRequestBegin(begun -> onBegin(next));
    }
    outgoing.tellEarlyHints(this::onEarlyHints);
    outgoing.onResponseContentSource((response, content) -> onAnswer(next, response, content));
    outgoing.onResponseSuccess(response -> onAnswered(next));
    try {
      outgoing.sendTo(result -> onComplete(next, result));
    } catch (RuntimeException unsendable) {
      next.release();
      fail(unsendable, LocalAnswer.DISCONNECTED);
    }
  }

  /** All of the request came: the time limits begin. */
  private void onWhole() {
    if (!rules.timeout().isZero()) {
      wholeNanos = System.nanoTime();
      startTimer();
    }
    if (!rules.perTry().isZero()) {
      synchronized (this) {
        startAttemptTimer(attempt);
      }
    }
  }

  private void startTimer() {
    if (!rules.timeout().isZero()) {
      synchronized (this) {
        cancel(timer);
        if (!over) {
          timer = attempt.endpoint.schedule(rules.timeout(), this::onTimer);
        }
      }
    }
  }

  private static void cancel(@Nullable Runnable timer) {
    if (timer != null) {
      timer.run();
    }
  }

  private synchronized void onBegin(Attempt begun) {
    begun.begun = true;
    if (body.ended()) {
      startAttemptTimer(begun);
    }
  }

  private void startAttemptTimer(Attempt timed) {
    if (timed.begun && !timed.ended && timed.timer == null) {
      timed.timer = timed.endpoint.schedule(rules.perTry(), () -> onAttemptTimer(timed));
    }
  }

  /** On the timer's thread, which is left at once. */
  private void onTimer() {
    if (!body.isComing()) {
      attemptNow().endpoint.threads().execute(this::onTimeout);
    }
  }

  private synchronized Attempt attemptNow() {
    return attempt;
  }

  private void onTimeout() {
    Wait waiting;
    Attempt running;
    synchronized (this) {
      if (over || timedOut) {
        return;
      }
      timedOut = true;
      waiting = pause;
      running = attempt;
    }
    primaries.counter().timeouts.increment();
    TimeLimit cause = new TimeLimit("the route's timeout");
    if (waiting != null && waiting.end()) {
      fail(cause, LocalAnswer.TIMED_OUT);
    } else {
      running.request.reset(cause);
    }
  }

  private void onAttemptTimer(Attempt timed) {
    if (!timed.answered) {
      primaries.counter().timeouts.increment();
      timed.endpoint.threads().execute(() -> timed.request.reset(new TimeLimit("perTryTimeout")));
    }
  }

  private void onEarlyHints(HttpFields fields) {
    boolean sent = !answering && downstream.earlyHints(endToEnd(103, fields, Optional.empty()));
    PrimaryCounter counter = primaries.counter();
    (sent ? counter.earlyHints : counter.earlyHintsNotSent).increment();
  }

  private void onAnswer(Attempt from, Response response, Content.Source content) {
    int status = response.getStatus();
    if (status == 101 && !head.isUpgrade()) {
      from.request.reset(new HttpResponseException("unexpected upgrade", response));
      return;
    }
    from.answered = true;
    from.endpoint.report(head, status, response.getHeaders().get("grpc-status"));
    if (status == 101) {
      synchronized (this) {
        if (!timedOut) {
          over = true;
          cancel(timer);
        }
      }
      // There is none, but only who reads it is told of the end.
      Content.Source.consumeAll(content, Callback.NOOP);
      return;
    }
    if (left > 0
        && RetryConditions.afterAnswer(rules.retries(), status, response.getHeaders())
        && mayTryAgain()) {
      from.thrownAway = true;
      throwAway(from, content);
      return;
    }
    synchronized (this) {
      if (timedOut) {
        // The reset is on its way.
        return;
      }
      answering = true;
    }
    releaseRetry();
    releaseUpgrade();
    body.forget();
    downstream.start(status, endToEnd(status, response.getHeaders(), rules.affinity().setCookie()));
    long length = response.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    new Answer(
            response,
            content,
            length,
            downstream,
            from.endpoint.threads(),
            () -> onAnswerRead(from),
            from.request::reset)
        .iterate();
  }

  /** Reads an answer that has come already, so that its connection is kept; resets another one. */
  private static void throwAway(Attempt from, Content.Source content) {
    int read = 0;
    while (read < MAX_THROWN_AWAY) {
      Content.Chunk chunk = content.read();
      if (chunk == null) {
        break;
      }
      if (Content.Chunk.isFailure(chunk)) {
        return;
      }
      read += chunk.remaining();
      boolean last = chunk.isLast();
      chunk.release();
      if (last) {
        return;
      }
    }
    from.request.reset(new IOException("the answer is not wanted"));
  }

  /**
   * All of the answer was read, and the client has not the end of it yet: the last moment at which
   * a request that v1 did not wait for can be read for the copies.
   */
  private void onAnswerRead(Attempt from) {
    from.release();
    if (!body.ended()) {
      early = true;
      body.abandon(new IOException("v1 answered before the end of the request"));
    }
  }

  /** The whole answer is here; a request that v1 did not wait for need not be sent to its end. */
  private void onAnswered(Attempt from) {
    if (early || !body.ended()) {
      from.request.reset(new IOException("v1 answered before the end of the request"));
    }
  }

  private void onComplete(Attempt done, Result result) {
    synchronized (this) {
      done.ended = true;
      cancel(done.timer);
    }
    Throwable failure = result.getFailure();
    if (failure != null && mayReplace(done, failure)) {
      replaced = true;
      sendNext(new Attempt(done.endpoint, sentHead()));
      return;
    }
    if (failure == null && result.getResponse().getStatus() == 101) {
      onSwitch(done, result.getResponse());
      return;
    }
    done.release();
    if (done.thrownAway) {
      pause(done);
    } else if (failure == null) {
      end();
    } else {
      onFailure(done, failure);
    }
  }

  /** v1 has switched to another protocol, and its connection is ours. */
  private void onSwitch(Attempt from, Response response) {
    answering = true;
    holdsUpgrade = false;
    primaries.counter().upgrades.increment();
    Tunnel tunnel = primaries.upgrades().open(from.endpoint.threads(), from::release);
    tunnel.upstream(from.request.upgraded(primaries.limits().upgradeIdleTimeout(), tunnel::close));
    Headers.Builder headers =
        endToEnd(101, response.getHeaders(), rules.affinity().setCookie()).toBuilder();
    for (HttpField field : response.getHeaders()) {
      if (field.getHeader() == HttpHeader.UPGRADE) {
        headers.add(field.getName(), field.getValue());
      }
    }
    downstream.upgrade(headers.build(), tunnel);
    end();
  }

  private void onFailure(Attempt done, Throwable failure) {
    if (!done.answered) {
      Fault fault = Fault.of(failure);
      if (fault != Fault.OVERFLOW && fault != Fault.UNSENDABLE && !body.failedDownstream()) {
        done.endpoint.reportFailure();
      }
      if (left > 0
          && RetryConditions.afterFailure(rules.retries(), failure, done.connected())
          && mayTryAgain()) {
        pause(done);
        return;
      }
    }
    LocalAnswer answer = answer(failure);
    if (!answering && body.isUnasked()) {
      // The body lies ready as a rule, but the container says so only when asked.
      AtomicBoolean once = new AtomicBoolean();
      Runnable fail =
          () -> {
            if (once.compareAndSet(false, true)) {
              fail(failure, answer);
            }
          };
      primaries.waits().begin(BODY_GRACE, fail, fail);
      body.demand(fail);
    } else {
      fail(failure, answer);
    }
  }

  /** Takes one of the further attempts that are left, within the bounds. */
  private boolean mayTryAgain() {
    releaseRetry();
    synchronized (this) {
      if (answering || timedOut) {
        return false;
      }
    }
    if (!body.mayBeSentAgain()) {
      return false;
    }
    left--;
    if (!rules.cluster().acquireRetry()) {
      primaries.counter().retriesOverLimit.increment();
      return false;
    }
    holdsRetry = true;
    return true;
  }

  private void releaseRetry() {
    if (holdsRetry) {
      holdsRetry = false;
      rules.cluster().releaseRetry();
    }
  }

  private void releaseUpgrade() {
    if (holdsUpgrade) {
      holdsUpgrade = false;
      primaries.upgrades().release();
    }
  }

  /** Waits a little, then makes the next attempt. */
  private void pause(Attempt done) {
    primaries.counter().retries.increment();
    if (rules.otherEndpointsOnly()) {
      List<Endpoint> avoided = new ArrayList<>(tried);
      avoided.add(done.endpoint);
      tried = avoided;
    }
    Backoff pauses = backoff;
    if (pauses == null) {
      pauses = new Backoff(rules.retries().backoff(), primaries.random());
      backoff = pauses;
    }
    Wait begun =
        primaries
            .waits()
            .begin(
                pauses.next(),
                this::tryAgain,
                () -> fail(new IOException("closing"), LocalAnswer.CLOSING));
    boolean late;
    synchronized (this) {
      pause = begun;
      late = timedOut;
    }
    if (late && begun.end()) {
      fail(new TimeLimit("the route's timeout"), LocalAnswer.TIMED_OUT);
    }
  }

  private void tryAgain() {
    Optional<Endpoint> next = rules.cluster().pick(rules.affinity(), tried);
    if (next.isEmpty()) {
      fail(new IOException("no endpoint"), LocalAnswer.NO_UPSTREAM);
    } else if (!next.get().acquire()) {
      primaries.overflow(rules.cluster());
      fail(new IOException("overflow"), LocalAnswer.OVERFLOW);
    } else {
      attempts++;
      sendNext(new Attempt(next.get(), sentHead()));
    }
  }

  private RequestHead sentHead() {
    if (attempts == 1) {
      return head;
    }
    long whole = wholeNanos;
    long elapsed = whole == 0 ? 0 : (System.nanoTime() - whole) / 1_000_000;
    return head.attempt(attempts)
        .expecting(PrimaryRules.expectedMillis(rules.timeout(), rules.retries(), elapsed));
  }

  private void sendNext(Attempt next) {
    boolean late;
    synchronized (this) {
      late = timedOut;
      attempt = next;
    }
    if (late) {
      next.release();
      fail(new TimeLimit("the route's timeout"), LocalAnswer.TIMED_OUT);
    } else {
      send(next);
    }
  }

  private void fail(Throwable failure, LocalAnswer answer) {
    try {
      if (answering) {
        body.leave(failure);
        return;
      }
      body.abandon(failure);
      releaseUpgrade();
      answering = true;
      if (body.failedDownstream()) {
        downstream.abort(failure);
      } else {
        answer.sendTo(downstream, head);
      }
    } finally {
      // Whatever a container makes of a request that it has taken back.
      end();
    }
  }

  private void end() {
    synchronized (this) {
      over = true;
      cancel(timer);
    }
    releaseRetry();
    releaseUpgrade();
    body.close();
    listener.onEnd();
  }

  /**
   * Whether a pooled connection died under a request that can be sent again unseen (RFC 9110,
   * section 9.2.2; once, as RFC 9112, section 9.3.1 allows).
   */
  private boolean mayReplace(Attempt done, Throwable failure) {
    return !answering
        && !done.answered
        && !replaced
        && !head.hasBody()
        && failure instanceof IOException
        && done.request.onReusedConnection()
        && isIdempotent(head.method());
  }

  private static boolean isIdempotent(String method) {
    return switch (method) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }

  private static LocalAnswer answer(Throwable failure) {
    return switch (Fault.of(failure)) {
      case OVERFLOW -> LocalAnswer.OVERFLOW;
      // A connection that takes too long to open is one that cannot be had, as with Envoy.
      case TIMED_OUT ->
          failure instanceof SocketTimeoutException
              ? LocalAnswer.DISCONNECTED
              : LocalAnswer.TIMED_OUT;
      case DISCONNECTED, UNSENDABLE -> LocalAnswer.DISCONNECTED;
      case MALFORMED -> LocalAnswer.MALFORMED;
    };
  }

  private static Headers endToEnd(int status, HttpFields fields, Optional<String> setCookie) {
    Set<String> nominated = Set.of();
    for (HttpField field : fields) {
      if (field.getHeader() == HttpHeader.CONNECTION
          && !"keep-alive".equalsIgnoreCase(field.getValue())
          && !"close".equalsIgnoreCase(field.getValue())) {
        nominated = new HashSet<>(nominated);
        for (String name : field.getValues()) {
          nominated.add(name.toLowerCase(Locale.ROOT));
        }
      }
    }
    Headers.Builder headers = Headers.builder();
    for (HttpField field : fields) {
      // A length of 204 is no length of a body (RFC 9110, section 8.6); containers would wait for
      // it.
      if (isEndToEnd(field.getHeader())
          && (status != 204 || field.getHeader() != HttpHeader.CONTENT_LENGTH)
          && (nominated.isEmpty() || !nominated.contains(field.getLowerCaseName()))) {
        String value = field.getValue();
        headers.add(field.getName(), value == null ? "" : value);
      }
    }
    setCookie.ifPresent(cookie -> headers.add("Set-Cookie", cookie));
    return headers.build();
  }

  private static boolean isEndToEnd(@Nullable HttpHeader header) {
    return header == null
        || switch (header) {
          case CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE, TE -> false;
          default -> true;
        };
  }
}
