package io.espejo.servlet;

import io.espejo.LocalCopies;
import io.espejo.Verdict;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One request that the application answers, from its arrival to its end, whatever dispatches it
 * takes on its way.
 */
final class LocalExchange implements AsyncListener {
  /** The request attribute under which later dispatches, and other filters of ours, find it. */
  static final String ATTRIBUTE = "io.espejo.exchange";

  private final Verdict.InPlace verdict;
  private final Optional<LocalBody> body;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile boolean followed;
  private volatile boolean edited;

  LocalExchange(
      Verdict.InPlace verdict,
      HttpServletRequest request,
      ChunkPool pool,
      Optional<ExactForm.Settings> exactForms) {
    this.verdict = verdict;
    if (bodyHidden(request)) {
      verdict.copies().ifPresent(LocalCopies::bodyUnknown);
    }
    this.body =
        verdict
            .copies()
            .filter(LocalCopies::hasBody)
            .map(copies -> new LocalBody(request, copies, pool, exactForms));
  }

  /** Whether a filter before this one has taken the framing away from a body that came. */
  private static boolean bodyHidden(HttpServletRequest request) {
    ServletRequest inner = Wrapped.innermost(request);
    return inner != request
        && inner instanceof HttpServletRequest container
        && (container.getContentLengthLong() > 0
            || container.getHeader("Transfer-Encoding") != null);
  }

  /** The request arrives. */
  void begin(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    request.setAttribute(ATTRIBUTE, this);
    if (body.isEmpty()) {
      verdict.copies().ifPresent(copies -> copies.onEnd(Headers.EMPTY));
    }
    serve(request, response, chain);
  }

  /** A dispatch of it; an asynchronous one may be its last. */
  void again(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getDispatcherType() == DispatcherType.ASYNC) {
      serve(request, response, chain);
    } else {
      pass(request, response, chain);
    }
  }

  private void serve(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean thrown = true;
    try {
      pass(request, response, chain);
      thrown = false;
    } finally {
      if (body.isPresent()) {
        endOrFollow(request, response, thrown);
      }
    }
  }

  /** Containers hand on their own request, or the one that we gave. */
  private void pass(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean untouched = body.isEmpty() && verdict.request().isEmpty();
    boolean again = edited;
    edited = true;
    chain.doFilter(
        untouched || Wrapped.in(request, LocalRequest.class)
            ? request
            : new LocalRequest(request, body, verdict.request()),
        verdict.answer().isEmpty() || Wrapped.in(response, LocalResponse.class)
            ? response
            : new LocalResponse(response, verdict.answer(), again));
  }

  private void endOrFollow(
      HttpServletRequest request, HttpServletResponse response, boolean thrown) {
    if (!request.isAsyncStarted()) {
      end(true, thrown || response.getStatus() >= HttpServletResponse.SC_BAD_REQUEST);
    } else if (thrown) {
      // The container ends it; Tomcat does not say so.
      end(false, true);
    } else if (!followed) {
      follow(request);
    }
  }

  /**
   * Hears of the end of an asynchronous request. Not before the application has let it go, which no
   * request ends before: with a listener Jetty meets an exception of the application otherwise.
   */
  private void follow(HttpServletRequest request) {
    followed = true;
    verdict.copies().ifPresent(LocalCopies::watch);
    try {
      request.getAsyncContext().addListener(this);
    } catch (IllegalStateException completed) {
      end(false, false);
    }
  }

  private void end(boolean here, boolean failed) {
    if (over.compareAndSet(false, true)) {
      body.ifPresent(its -> its.end(here, failed));
    }
  }

  @Override
  public void onComplete(AsyncEvent event) {
    end(false, false);
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    // Somebody may yet read it: its end comes when it is complete.
  }

  @Override
  public void onError(AsyncEvent event) {
    // As with a timeout.
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // Containers forget the listeners of the time before.
    event.getAsyncContext().addListener(this);
  }
}
