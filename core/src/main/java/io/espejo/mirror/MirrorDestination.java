package io.espejo.mirror;

import io.espejo.exchange.CopyDestination;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.upstream.Cluster;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Where copies of one cluster go, with what bounds and counts them. Safe for any threads. */
public final class MirrorDestination implements CopyDestination {
  private final String name;
  private final Optional<Cluster> cluster;
  private final OutcomeCounter counter = new OutcomeCounter();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final Pause pause;
  private final int maxInFlight;

  MirrorDestination(String name, Optional<Cluster> cluster, MirrorLimits limits) {
    this.name = name;
    this.cluster = cluster;
    this.pause = new Pause(limits);
    // What a DestinationRule says stands over our own bound.
    this.maxInFlight =
        cluster
            .flatMap(known -> known.maxRequests().stream().boxed().findFirst())
            .orElse(limits.maxInFlight());
  }

  @Override
  public String name() {
    return name;
  }

  /** The cluster, unless no document defines it. */
  public Optional<Cluster> cluster() {
    return cluster;
  }

  @Override
  public OutcomeCounts counts() {
    return counter.counts();
  }

  @Override
  public boolean paused() {
    return pause.paused();
  }

  OutcomeCounter counter() {
    return counter;
  }

  Pause pause() {
    return pause;
  }

  boolean acquire() {
    if (inFlight.incrementAndGet() > maxInFlight) {
      inFlight.decrementAndGet();
      return false;
    }
    return true;
  }

  void release() {
    inFlight.decrementAndGet();
  }
}
