package io.espejo.proxy;

import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import io.espejo.upstream.Endpoint;
import io.espejo.upstream.Fault;
import io.espejo.upstream.OutgoingRequest;
import io.espejo.upstream.RequestHead;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with v1: the request goes out as the client sends it, the answer comes back as v1
 * gives it, and the body's observers see what v1 is given.
 *
 * <p>Nothing blocks: v1 sets the pace of the client's upload, the client that of v1's answer.
 */
public final class PrimaryExchange {
  /** How long the body of a request that v1 refused may take to come for the copies. */
  private static final Duration BODY_GRACE = Duration.ofMillis(100);

  private final Endpoint endpoint;
  private final RequestHead head;
  private final PrimaryBody body;
  private final DownstreamResponse downstream;
  private final Optional<String> setCookie;
  private final Runnable onEnd;

  private volatile @Nullable OutgoingRequest request;
  private volatile boolean answering;
  private boolean replaced;

  /**
   * An exchange that has not begun.
   *
   * @param setCookie a line that the answer gets, to bind the client to this endpoint
   * @param onEnd called once when nothing more happens, on any thread
   */
  public PrimaryExchange(
      Endpoint endpoint,
      RequestHead head,
      RequestBody body,
      List<? extends BodyObserver> observers,
      DownstreamResponse downstream,
      Optional<String> setCookie,
      Runnable onEnd) {
    this.endpoint = endpoint;
    this.head = head;
    this.body = new PrimaryBody(body, head.contentLength(), observers);
    this.downstream = downstream;
    this.setCookie = setCookie;
    this.onEnd = onEnd;
  }

  /** Sends the request; the rest happens on the leg's threads, and on those of the container. */
  public void start() {
    OutgoingRequest outgoing = endpoint.newRequest(head);
    request = outgoing;
    if (head.hasBody()) {
      body.open();
      outgoing.body(body);
      if (head.framing() == RequestHead.Framing.CHUNKED) {
        outgoing.trailersSupplier(body::trailers);
      }
    } else {
      body.none();
    }
    outgoing.onResponseContentSource(this::onAnswer);
    outgoing.onResponseSuccess(this::onAnswered);
    outgoing.sendTo(this::onComplete);
  }

  private void onAnswer(Response response, Content.Source content) {
    if (response.getStatus() == 101) {
      abort(new HttpResponseException("unexpected upgrade", response));
      return;
    }
    answering = true;
    endpoint.report(response.getStatus());
    downstream.start(response.getStatus(), endToEnd(response));
    new Answer(content, downstream, endpoint.threads(), this::abort).iterate();
  }

  /** The whole answer is here; a request that v1 did not wait for need not be sent to its end. */
  private void onAnswered(Response response) {
    if (!body.ended()) {
      abort(new IOException("v1 answered before the end of the request"));
    }
  }

  /** Ends the exchange with v1. */
  public void abort(Throwable cause) {
    OutgoingRequest sent = request;
    if (sent != null) {
      sent.reset(cause);
    }
  }

  private void onComplete(Result result) {
    Throwable failure = result.getFailure();
    if (failure != null && mayReplace(failure)) {
      replaced = true;
      start();
      return;
    }
    endpoint.release();
    if (failure == null) {
      onEnd.run();
    } else if (!answering && body.isUnasked()) {
      // The body lies ready as a rule, but the container says so only when asked.
      AtomicBoolean once = new AtomicBoolean();
      Runnable fail =
          () -> {
            if (once.compareAndSet(false, true)) {
              fail(failure);
            }
          };
      endpoint.after(BODY_GRACE, fail);
      body.demand(fail);
    } else {
      fail(failure);
    }
  }

  private void fail(Throwable failure) {
    body.abandon(failure);
    if (!answering) {
      answering = true;
      if (body.failedDownstream()) {
        downstream.abort(failure);
      } else {
        endpoint.reportFailure();
        answer(failure).sendTo(downstream);
      }
    }
    onEnd.run();
  }

  /**
   * Whether a pooled connection died under a request that can be sent again unseen (RFC 9110,
   * section 9.2.2; once, as RFC 9112, section 9.3.1 allows).
   */
  private boolean mayReplace(Throwable failure) {
    OutgoingRequest sent = request;
    return !answering
        && !replaced
        && !head.hasBody()
        && failure instanceof IOException
        && sent != null
        && sent.onReusedConnection()
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

  private Headers endToEnd(Response response) {
    Set<String> nominated = Set.of();
    for (HttpField field : response.getHeaders()) {
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
    for (HttpField field : response.getHeaders()) {
      if (isEndToEnd(field.getHeader())
          && (nominated.isEmpty() || !nominated.contains(field.getLowerCaseName()))) {
        String value = field.getValue();
        headers.add(field.getName(), value == null ? "" : value);
      }
    }
    setCookie.ifPresent(line -> headers.add("set-cookie", line));
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
