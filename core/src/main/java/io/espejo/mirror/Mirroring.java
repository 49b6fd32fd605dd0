package io.espejo.mirror;

import io.espejo.exchange.MemoryBudget;
import io.espejo.exchange.MirrorListener;
import io.espejo.exchange.MirrorListener.Copy;
import io.espejo.exchange.Outcome;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.exchange.RateLimitedLog;
import io.espejo.route.ShadowRules;
import io.espejo.upstream.Cluster;
import io.espejo.upstream.Leg;
import io.espejo.upstream.RequestHead;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Sends copies: admits each within its bounds, carries it on v2's leg, and sees that it ends in
 * exactly one {@link Outcome}.
 *
 * <p>What v1's threads call here takes counters and an enqueue, never waits, and never throws.
 */
public final class Mirroring implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Mirroring.class.getName());
  private static final int MAX_EVENTS = 8192;
  private static final int MIN_HEAD_BYTES = 2048;
  private static final Duration MOMENT = Duration.ofMillis(100);
  private static final Duration MAX_TICK = Duration.ofMillis(250);

  private final Leg leg;
  private final MirrorLimits limits;
  private final MirrorListener listener;
  private final OutcomeCounter total = new OutcomeCounter();
  private final MemoryBudget memory;
  private final SerialExecutor starter;
  private final SerialExecutor listenerCalls;
  private final AtomicInteger events = new AtomicInteger();
  private final LongAdder lostEvents = new LongAdder();
  private final Set<Shadow> live = ConcurrentHashMap.newKeySet();
  private final Duration tick;
  private final Map<Reason, RateLimitedLog> dropLogs = dropLogs();
  private final RateLimitedLog pauseLog = new RateLimitedLog(LOG, Level.WARNING);
  private final RateLimitedLog listenerLog = new RateLimitedLog(LOG, Level.WARNING);
  private volatile boolean enabled = true;
  private volatile boolean closed;

  /** Mirroring over {@code leg}, which {@link #close} closes, too. */
  public Mirroring(Leg leg, MirrorLimits limits, MirrorListener listener) {
    this.leg = leg;
    this.limits = limits;
    this.listener = listener;
    this.memory = new MemoryBudget(limits.maxMemoryBytes());
    this.starter = new SerialExecutor(leg.selecting());
    this.listenerCalls = new SerialExecutor(leg.executor());
    this.tick = tick(limits);
    leg.after(tick, this::sweep);
  }

  /** For each reason a kind of line, but for those that somebody wants or that are everyday. */
  private static Map<Reason, RateLimitedLog> dropLogs() {
    EnumSet<Reason> unsaid =
        EnumSet.of(
            Reason.DISABLED,
            Reason.UPGRADE,
            Reason.EXPIRED,
            Reason.METHOD,
            Reason.CUT,
            Reason.UNREAD,
            Reason.ABORTED,
            Reason.CLOSED);
    Map<Reason, RateLimitedLog> logs = new EnumMap<>(Reason.class);
    for (Reason reason : EnumSet.complementOf(unsaid)) {
      logs.put(reason, new RateLimitedLog(LOG, Level.WARNING));
    }
    return Collections.unmodifiableMap(logs);
  }

  private static Duration tick(MirrorLimits limits) {
    Duration shortest = MAX_TICK;
    for (Duration limit :
        new Duration[] {limits.waitTimeout(), limits.bodyTimeout(), limits.answerTimeout()}) {
      Duration quarter = limit.dividedBy(4);
      shortest = quarter.compareTo(shortest) < 0 ? quarter : shortest;
    }
    return shortest.compareTo(Duration.ofMillis(10)) < 0 ? Duration.ofMillis(10) : shortest;
  }

  /**
   * A destination for copies, with counts, bounds and pause of its own.
   *
   * @param before the one of this name until now, whose counts go on
   */
  public MirrorDestination destination(
      String name, Optional<Cluster> cluster, Optional<MirrorDestination> before) {
    return before
        .map(known -> known.with(cluster, limits))
        .orElseGet(() -> new MirrorDestination(name, cluster, limits));
  }

  /** Counts a copy that was considered and will not be sent. */
  public void skip(MirrorDestination destination, String route, String requestId, Outcome outcome) {
    considered(destination);
    ended(destination, route, requestId, 0, outcome);
  }

  /**
   * Considers a copy that shall be sent: within the bounds it is admitted, and then owes a {@link
   * Shadow#start} or a {@link Shadow#onCut}; else it is dropped.
   *
   * @param routeTimeout from the end of the request to v2's answer, unless the rules say; zero: the
   *     limit of all copies
   */
  public Optional<Shadow> admit(
      MirrorDestination destination,
      String route,
      RequestHead shadowHead,
      ShadowRules rules,
      Duration routeTimeout) {
    considered(destination);
    long now = System.nanoTime();
    CopyBounds bounds = CopyBounds.of(destination, rules, routeTimeout, limits);
    Reason refusal = null;
    boolean probe = false;
    long headBytes = Math.max(MIN_HEAD_BYTES, shadowHead.memory());
    if (closed) {
      refusal = Reason.CLOSED;
    } else if (!enabled) {
      refusal = Reason.DISABLED;
    } else if (destination.cluster().isEmpty()) {
      refusal = Reason.UNKNOWN_CLUSTER;
    } else if (shadowHead.contentLength() > bounds.maxBodyBytes()) {
      refusal = Reason.BODY_SIZE;
    } else {
      Pause.Admission admission = destination.pause().admit(now);
      probe = admission == Pause.Admission.PROBE;
      if (admission == Pause.Admission.PAUSED) {
        refusal = Reason.PAUSED;
      } else if (!bounds.inFlight().acquire(destination.maxInFlight(rules))) {
        refusal = Reason.IN_FLIGHT;
      } else if (!memory.reserve(headBytes)) {
        bounds.inFlight().release();
        refusal = Reason.MEMORY;
      }
    }
    if (refusal != null) {
      destination.pause().abandoned(probe);
      ended(destination, route, shadowHead.requestId(), 0, new Outcome.Dropped(refusal));
      return Optional.empty();
    }
    Shadow shadow = new Shadow(this, destination, route, shadowHead, bounds, headBytes, probe, now);
    live.add(shadow);
    if (closed) {
      // Perhaps too late for close() to find it.
      shadow.giveUp(Reason.CLOSED);
    } else if (!enabled) {
      // Nor for who aborts all copies once no more are sent.
      shadow.giveUp(Reason.DISABLED);
    }
    return Optional.of(shadow);
  }

  private void considered(MirrorDestination destination) {
    total.considered();
    destination.counter().considered();
  }

  /** The one end of a copy that {@link #admit} let in. */
  void settled(Shadow shadow, Outcome outcome) {
    live.remove(shadow);
    MirrorDestination destination = shadow.destination();
    shadow.bounds().inFlight().release();
    memory.release(shadow.headBytes());
    long now = System.nanoTime();
    if (outcome instanceof Outcome.Completed) {
      destination.pause().succeeded(shadow.probe());
    } else if (tellsOfFailure(outcome)) {
      if (destination.pause().failed(shadow.probe(), now)) {
        pauseLog.log(() -> "copies to " + destination.name() + " pause after failures in a row");
      }
    } else {
      destination.pause().abandoned(shadow.probe());
    }
    ended(destination, shadow.route(), shadow.requestId(), now - shadow.beganNanos(), outcome);
  }

  /**
   * Whether it counts for the pause. One that lags has been given something to read; before that it
   * is its connection that is late.
   */
  static boolean tellsOfFailure(Outcome outcome) {
    boolean lagged = outcome instanceof Outcome.Failed failed && failed.reason() == Reason.LAG;
    return lagged || reason(outcome).filter(Mirroring::tellsOfFailure).isPresent();
  }

  /** Whether it is the destination that failed, and not one of our own bounds that was met. */
  static boolean tellsOfFailure(Reason reason) {
    return switch (reason) {
      case CONNECT, CONNECT_TIMEOUT, BODY_TIMEOUT, ANSWER_TIMEOUT, RESET, GARBAGE -> true;
      default -> false;
    };
  }

  private static Optional<Reason> reason(Outcome outcome) {
    return outcome instanceof Outcome.Failed failed
        ? Optional.of(failed.reason())
        : outcome instanceof Outcome.Dropped dropped
            ? Optional.of(dropped.reason())
            : Optional.empty();
  }

  private void ended(
      MirrorDestination destination, String route, String requestId, long nanos, Outcome outcome) {
    destination.counter().ended(outcome);
    total.ended(outcome);
    reason(outcome)
        .map(dropLogs::get)
        .ifPresent(
            log -> log.log(() -> "a copy to " + destination.name() + " was given up: " + outcome));
    if (listener != MirrorListener.NONE) {
      tell(new Copy(route, destination.name(), requestId, Duration.ofNanos(nanos)), outcome);
    }
  }

  private void tell(Copy copy, Outcome outcome) {
    if (events.incrementAndGet() > MAX_EVENTS) {
      events.decrementAndGet();
      lostEvents.increment();
      return;
    }
    listenerCalls.execute(
        () -> {
          events.decrementAndGet();
          try {
            listener.onOutcome(copy, outcome);
          } catch (RuntimeException fault) {
            listenerLog.log(() -> "a mirror listener failed", fault);
          }
        });
  }

  private void sweep() {
    long now = System.nanoTime();
    try {
      for (Shadow shadow : live) {
        shadow.checkDeadline(now);
      }
    } finally {
      if (!closed) {
        leg.after(tick, this::sweep);
      }
    }
  }

  /** Runs a short task once all that happens at the same time has happened. */
  void later(Runnable task) {
    leg.after(MOMENT, task);
  }

  /** Runs what a copy has to do on v2's leg, in order. */
  void onLeg(Runnable task) {
    starter.execute(task);
  }

  Executor threads() {
    return leg.executor();
  }

  MirrorLimits limits() {
    return limits;
  }

  MemoryBudget memory() {
    return memory;
  }

  /** Whether new copies are sent. */
  public boolean enabled() {
    return enabled;
  }

  /** Lets new copies be sent, or none; those that run are not touched. */
  public void enabled(boolean enabled) {
    this.enabled = enabled;
  }

  /** Aborts every copy that runs. */
  public void abortAll() {
    for (Shadow shadow : live) {
      shadow.giveUp(Reason.ABORTED);
    }
  }

  /** What became of all copies. */
  public OutcomeCounts counts() {
    return total.counts();
  }

  /** The memory that copies hold now, in bytes. */
  public long memoryUsed() {
    return memory.used();
  }

  /** How many events the listener did not hear of, because too many waited. */
  public long lostEvents() {
    return lostEvents.sum();
  }

  /** Admits no more copies; those that run have {@code grace} to end, then they are aborted. */
  public void close(Duration grace) {
    closed = true;
    long deadline = System.nanoTime() + grace.toNanos();
    boolean interrupted = false;
    while (!live.isEmpty() && !interrupted && System.nanoTime() - deadline < 0) {
      try {
        TimeUnit.MILLISECONDS.sleep(10);
      } catch (InterruptedException stop) {
        interrupted = true;
      }
    }
    for (Shadow shadow : live) {
      shadow.giveUp(Reason.CLOSED);
    }
    leg.close();
    starter.withoutThreads();
    listenerCalls.withoutThreads();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(limits.closeTimeout());
  }
}
