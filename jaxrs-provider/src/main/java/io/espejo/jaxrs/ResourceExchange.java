package io.espejo.jaxrs;

import io.espejo.LocalCopies;
import io.espejo.Verdict;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** One request that a resource answers, from its match to its end. */
final class ResourceExchange {
  /** The request property under which it, or that of a servlet filter, is found. */
  static final String PROPERTY = "io.espejo.exchange";

  private final Verdict.InPlace verdict;
  private final Optional<ObservedStream> entity;
  private final AtomicBoolean answered = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();

  ResourceExchange(Verdict.InPlace verdict, Optional<ObservedStream> entity) {
    this.verdict = verdict;
    this.entity = entity;
  }

  Verdict.InPlace verdict() {
    return verdict;
  }

  /** Whether this is the first time that the answer is at hand. */
  boolean answered() {
    return answered.compareAndSet(false, true);
  }

  /** The resource is done with the request. */
  void end() {
    if (entity.isPresent() && over.compareAndSet(false, true)) {
      entity.get().drain();
      verdict.copies().ifPresent(LocalCopies::end);
    }
  }
}
