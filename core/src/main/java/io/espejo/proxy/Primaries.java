package io.espejo.proxy;

import io.espejo.exchange.BodyObserver;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.MemoryBudget;
import io.espejo.exchange.PrimaryCounts;
import io.espejo.exchange.RateLimitedLog;
import io.espejo.exchange.RequestBody;
import io.espejo.route.Faults.Delay;
import io.espejo.upstream.Cluster;
import io.espejo.upstream.Endpoint;
import io.espejo.upstream.Leg;
import io.espejo.upstream.RequestHead;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongUnaryOperator;

/** All exchanges with v1: what they share, and what is counted of them. Safe for any threads. */
public final class Primaries implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Primaries.class.getName());

  private final RateLimitedLog overflowLog = new RateLimitedLog(LOG, Level.WARNING);
  private final RateLimitedLog delayLog = new RateLimitedLog(LOG, Level.WARNING);
  private final PrimaryCounter counter = new PrimaryCounter();
  private final PrimaryLimits limits;
  private final MemoryBudget memory;
  private final Waits waits;
  private final Upgrades upgrades;
  private final AtomicInteger delayed = new AtomicInteger();
  private final LongUnaryOperator random;

  /** Exchanges over {@code leg}, which somebody else closes after this. */
  public Primaries(Leg leg, PrimaryLimits limits) {
    this(leg, limits, bound -> ThreadLocalRandom.current().nextLong(bound));
  }

  Primaries(Leg leg, PrimaryLimits limits, LongUnaryOperator random) {
    this.limits = limits;
    this.memory = new MemoryBudget(limits.retryMemoryBytes());
    this.waits = new Waits(leg);
    this.upgrades = new Upgrades(limits.maxUpgrades());
    this.random = random;
  }

  /**
   * Sends a request to v1.
   *
   * @param first which was acquired
   * @param listener called on any thread
   */
  public void send(
      PrimaryRules rules,
      Endpoint first,
      RequestHead head,
      RequestBody body,
      List<? extends BodyObserver> observers,
      DownstreamResponse downstream,
      PrimaryListener listener) {
    new PrimaryExchange(this, rules, first, head, body, observers, downstream, listener).start();
  }

  /**
   * Lets a request wait as a fault wants it; {@code onClose} runs instead if this closes. When as
   * many wait as one endpoint may have requests, the next goes on at once.
   */
  public void delay(Delay delay, Runnable then, Runnable onClose) {
    if (delayed.incrementAndGet() > limits.maxRequests()) {
      delayed.decrementAndGet();
      counter.delaysOverLimit.increment();
      delayLog.log(() -> "too many requests wait for a fault's delay: one went on at once");
      then.run();
      return;
    }
    counter.delays.increment();
    waits.begin(delay.duration(), leaving(then), leaving(onClose));
  }

  private Runnable leaving(Runnable next) {
    return () -> {
      delayed.decrementAndGet();
      next.run();
    };
  }

  /** A request, or a further attempt, was one too many for {@code cluster}. */
  public void overflow(Cluster cluster) {
    counter.overflows.increment();
    overflowLog.log(() -> "503: too many requests for " + cluster.spec().name());
  }

  /** A fault has answered a request. */
  public void aborted() {
    counter.aborts.increment();
  }

  /** A call on what a container had lent for a request has outlasted it. */
  public void lateCall() {
    counter.lateCalls.increment();
  }

  /** What happened so far. */
  public PrimaryCounts counts() {
    return counter.counts();
  }

  PrimaryCounter counter() {
    return counter;
  }

  PrimaryLimits limits() {
    return limits;
  }

  MemoryBudget memory() {
    return memory;
  }

  Waits waits() {
    return waits;
  }

  Upgrades upgrades() {
    return upgrades;
  }

  LongUnaryOperator random() {
    return random;
  }

  /** The memory that bodies kept for a further attempt hold now, in bytes. */
  public long keptBytes() {
    return memory.used();
  }

  /** How many connections are upgraded, or may become so, now. */
  public int openUpgrades() {
    return upgrades.taken();
  }

  /** Answers what waits for nobody, from now on at once. */
  public void endWaits() {
    waits.close();
  }

  /** Ends upgrades; what is with v1 ends with the leg. */
  @Override
  public void close() {
    waits.close();
    upgrades.close();
  }
}
