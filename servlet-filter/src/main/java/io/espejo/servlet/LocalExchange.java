package io.espejo.servlet;

import io.espejo.LocalCopies;
import io.espejo.Verdict;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
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

  LocalExchange(
      Verdict.InPlace verdict,
      HttpServletRequest request,
      ChunkPool pool,
      Optional<ExactForm.Settings> exactForms) {
    this.verdict = verdict;
    this.body =
        verdict
            .copies()
            .filter(LocalCopies::hasBody)
            .map(copies -> new LocalBody(request, copies, pool, exactForms));
  }

  /** The request arrives. */
  void begin(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    request.setAttribute(ATTRIBUTE, this);
    if (body.isEmpty()) {
      verdict.copies().ifPresent(copies -> copies.onEnd(Headers.EMPTY));
    }
    try {
      again(request, response, chain);
    } finally {
      if (body.isPresent()) {
        endOrFollow(request);
      }
    }
  }

  /** A dispatch of it; containers hand on their own request, or the one that we gave. */
  void again(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean untouched = body.isEmpty() && verdict.request().isEmpty();
    chain.doFilter(
        untouched || Wrapped.in(request, LocalRequest.class)
            ? request
            : new LocalRequest(request, this, body, verdict.request()),
        verdict.answer().isEmpty() || Wrapped.in(response, LocalResponse.class)
            ? response
            : new LocalResponse(response, verdict.answer()));
  }

  private void endOrFollow(HttpServletRequest request) {
    if (!request.isAsyncStarted()) {
      end(true);
    } else if (!followed) {
      try {
        followed(request.getAsyncContext());
      } catch (IllegalStateException completed) {
        end(false);
      }
    }
  }

  /** Hears of the end of an asynchronous request. */
  AsyncContext followed(AsyncContext context) {
    if (body.isPresent()) {
      followed = true;
      context.addListener(this);
    }
    return context;
  }

  private void end(boolean here) {
    if (over.compareAndSet(false, true)) {
      body.ifPresent(its -> its.end(here));
    }
  }

  @Override
  public void onComplete(AsyncEvent event) {
    end(false);
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    end(false);
  }

  @Override
  public void onError(AsyncEvent event) {
    end(false);
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // Containers forget the listeners of the time before.
    event.getAsyncContext().addListener(this);
  }
}
