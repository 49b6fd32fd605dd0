package io.espejo.mirror;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.Headers;
import io.espejo.exchange.Outcome;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.upstream.Endpoint;
import io.espejo.upstream.Fault;
import io.espejo.upstream.OutgoingRequest;
import io.espejo.upstream.RequestHead;
import java.util.function.Function;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * One copy on its way to v2: fire and forget.
 *
 * <p>It sees the body go by as a {@link BodyObserver} on v1's path and keeps what v2 has not taken
 * yet, within the bounds; all that touches v2 happens on v2's leg. It ends once, by what comes
 * first: v2's whole answer, a failure, a limit, or the end of a request that was cut short.
 */
public final class Shadow implements BodyObserver {
  private enum Phase {
    CONNECTING,
    SENDING,
    ANSWERING
  }

  private final Mirroring mirroring;
  private final MirrorDestination destination;
  private final String route;
  private final RequestHead head;
  private final CopyBounds bounds;
  private final long headBytes;
  private final boolean probe;
  private final long beganNanos;
  private final @Nullable ShadowBody body;

  // Guarded by this.
  private @Nullable Outcome outcome;
  private @Nullable OutgoingRequest request;
  private @Nullable Endpoint endpoint;

  /** Of whoever reads the body. */
  private long bodyBytes;

  private volatile Phase phase = Phase.CONNECTING;
  private volatile long phaseNanos;

  Shadow(
      Mirroring mirroring,
      MirrorDestination destination,
      String route,
      RequestHead head,
      CopyBounds bounds,
      long headBytes,
      boolean probe,
      long beganNanos) {
    this.mirroring = mirroring;
    this.destination = destination;
    this.route = route;
    this.head = head;
    this.bounds = bounds;
    this.headBytes = headBytes;
    this.probe = probe;
    this.beganNanos = beganNanos;
    this.phaseNanos = beganNanos;
    this.body = head.hasBody() ? new ShadowBody(this, head) : null;
  }

  /** Sends it, soon, on v2's leg. */
  public void start() {
    mirroring.onLeg(this::sendOrSettle);
  }

  private void sendOrSettle() {
    try {
      send();
    } catch (RuntimeException fault) {
      settle(Reason.UNSENDABLE);
      release();
      throw fault;
    }
  }

  private void send() {
    OutgoingRequest outgoing;
    Reason refusal = Reason.NO_ENDPOINT;
    synchronized (this) {
      if (outcome != null) {
        return;
      }
      Endpoint picked = destination.cluster().flatMap(cluster -> cluster.pick()).orElse(null);
      if (picked == null) {
        outgoing = null;
      } else if (!picked.acquire()) {
        refusal = Reason.IN_FLIGHT;
        outgoing = null;
      } else {
        endpoint = picked;
        outgoing = picked.newRequest(head);
        request = outgoing;
      }
    }
    if (outgoing == null) {
      settle(refusal);
      return;
    }
    if (body != null) {
      outgoing.body(body);
      if (head.framing() == RequestHead.Framing.CHUNKED) {
        outgoing.trailersSupplier(body::trailers);
      }
    }
    outgoing.onRequestBegin(begun -> begin(outgoing));
    outgoing.onRequestSuccess(sent -> enter(Phase.ANSWERING));
    // Nobody reads the others, and heads take none of the memory that copies may.
    outgoing.onResponseHeader(
        (response, field) -> field.getHeader() == HttpHeader.CONNECTION || field.is("grpc-status"));
    outgoing.onResponseContentSource(
        (response, content) -> new Discard(content, mirroring.threads(), this::onContent).run());
    outgoing.onResponseSuccess(this::onAnswer);
    outgoing.sendTo(this::onComplete);
  }

  /** The last moment at which nothing has reached v2. */
  private void begin(OutgoingRequest outgoing) {
    synchronized (this) {
      if (outcome == null) {
        enter(Phase.SENDING);
        return;
      }
    }
    outgoing.reset(new GivenUp(Reason.CUT));
  }

  private void enter(Phase next) {
    phaseNanos = System.nanoTime();
    phase = next;
  }

  @Override
  public void onChunk(BodyChunk chunk) {
    ShadowBody sink = body;
    if (sink == null || chunk.length() == 0) {
      return;
    }
    bodyBytes += chunk.length();
    if (bodyBytes > bounds.maxBodyBytes()) {
      giveUp(Reason.BODY_SIZE);
      return;
    }
    switch (sink.offer(chunk, mirroring.memory(), bounds.maxLagBytes())) {
      case TAKEN -> {}
      case WAKE -> mirroring.onLeg(sink::wake);
      case LAGS -> giveUp(Reason.LAG);
      case NO_MEMORY -> giveUp(Reason.MEMORY);
    }
  }

  @Override
  public void onEnd(Headers trailers) {
    ShadowBody sink = body;
    if (sink != null && sink.end(trailers)) {
      mirroring.onLeg(sink::wake);
    }
  }

  @Override
  public void onCut(Throwable cause) {
    giveUp(Reason.CUT);
  }

  private void onContent(long bytes) {
    long limit = mirroring.limits().maxAnswerBytes();
    if (limit > 0 && bytes > limit) {
      giveUp(Reason.ANSWER_SIZE);
    }
  }

  private void onAnswer(Response response) {
    // Whole, even if v2 did not wait for the end of the request; the rest need not be sent then.
    int status = response.getStatus();
    if (status == 101) {
      giveUp(Reason.GARBAGE);
    } else if (settle(sent -> new Outcome.Completed(Math.min(status / 100, 9)))
        && phase != Phase.ANSWERING) {
      // That it was sent may only not have been told of yet: then the connection is a good one.
      mirroring.later(this::abortUnlessSent);
    }
  }

  private void onComplete(Result result) {
    Throwable failure = result.getFailure();
    if (failure != null && Fault.isOfConnecting(failure)) {
      // A request begins before the handshake does, and no byte of it goes before that is done.
      phase = Phase.CONNECTING;
    }
    if (failure != null) {
      settle(reason(failure));
    }
    Endpoint used = release();
    if (used != null) {
      if (failure == null) {
        Response answer = result.getResponse();
        used.report(head, answer.getStatus(), answer.getHeaders().get("grpc-status"));
      } else if (Mirroring.tellsOfFailure(reason(failure))) {
        used.reportFailure();
      }
    }
  }

  /** Gives its place at the endpoint back, once; null if it has none any more. */
  private @Nullable Endpoint release() {
    Endpoint used;
    synchronized (this) {
      used = endpoint;
      endpoint = null;
    }
    if (used != null) {
      used.release();
    }
    return used;
  }

  private Reason reason(Throwable failure) {
    if (failure instanceof GivenUp given) {
      return given.reason;
    }
    boolean connecting = phase == Phase.CONNECTING;
    return switch (Fault.of(failure)) {
      case OVERFLOW -> Reason.IN_FLIGHT;
      case TIMED_OUT -> connecting ? Reason.CONNECT_TIMEOUT : Reason.ANSWER_TIMEOUT;
      case DISCONNECTED -> connecting ? Reason.CONNECT : Reason.RESET;
      case UNSENDABLE -> Reason.UNSENDABLE;
      case MALFORMED -> connecting ? Reason.CONNECT : Reason.GARBAGE;
    };
  }

  /** How many bytes of the body it would take now without lagging too far; -1 once it is over. */
  public long room() {
    synchronized (this) {
      if (outcome != null) {
        return -1;
      }
    }
    return body == null ? 0 : bounds.maxLagBytes() - body.lagBytes();
  }

  /** Ends it now for this reason, and resets its connection if it has one. */
  public void giveUp(Reason reason) {
    if (settle(reason)) {
      abort(reason);
    }
  }

  private void abortUnlessSent() {
    if (phase != Phase.ANSWERING) {
      abort(Reason.CUT);
    }
  }

  private void abort(Reason reason) {
    mirroring.onLeg(
        () -> {
          OutgoingRequest sent;
          synchronized (this) {
            sent = request;
          }
          if (sent != null) {
            sent.reset(new GivenUp(reason));
          }
        });
  }

  private boolean settle(Reason reason) {
    return settle(sent -> sent ? new Outcome.Failed(reason) : new Outcome.Dropped(reason));
  }

  /** Ends it, once, by whether something may have reached v2. */
  private boolean settle(Function<Boolean, Outcome> how) {
    Outcome end;
    synchronized (this) {
      if (outcome != null) {
        return false;
      }
      end = how.apply(phase != Phase.CONNECTING);
      outcome = end;
    }
    if (body != null) {
      body.discard();
    }
    mirroring.settled(this, end);
    return true;
  }

  /** Ends it if v2 has had its time. */
  void checkDeadline(long now) {
    MirrorLimits limits = mirroring.limits();
    switch (phase) {
      case CONNECTING -> {
        if (now - phaseNanos > limits.waitTimeout().toNanos()) {
          giveUp(Reason.CONNECT_TIMEOUT);
        }
      }
      case SENDING -> {
        long owed = body == null ? now - phaseNanos : body.owedFor(now, phaseNanos);
        if (owed > limits.bodyTimeout().toNanos()) {
          giveUp(Reason.BODY_TIMEOUT);
        }
      }
      case ANSWERING -> {
        if (now - phaseNanos > bounds.answerTimeout().toNanos()) {
          giveUp(Reason.ANSWER_TIMEOUT);
        }
      }
    }
  }

  Mirroring mirroring() {
    return mirroring;
  }

  MirrorDestination destination() {
    return destination;
  }

  String route() {
    return route;
  }

  String requestId() {
    return head.requestId();
  }

  CopyBounds bounds() {
    return bounds;
  }

  long headBytes() {
    return headBytes;
  }

  boolean probe() {
    return probe;
  }

  long beganNanos() {
    return beganNanos;
  }

  /** Ends Jetty's exchange; carries no stack trace, because it is no fault. */
  static final class GivenUp extends Exception {
    private static final long serialVersionUID = 1;

    private final Reason reason;

    GivenUp(Reason reason) {
      super("copy given up: " + reason, null, false, false);
      this.reason = reason;
    }
  }
}
