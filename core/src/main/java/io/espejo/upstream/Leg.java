package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.NameRefresh.Lookups;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * One side of the mirror, with all that it needs to speak HTTP: v1's leg or v2's.
 *
 * <p>The two legs share no thread, selector, timer or buffer pool, so nothing that happens on one
 * takes anything from the other. All threads are daemons named {@code espejo-LEG-...}, at most
 * {@link Settings#threads} and a timer, and up to four more if names are to be resolved; the buffer
 * pool keeps at most 24 MiB. Safe for any threads; {@link #close} ends every thread and connection.
 */
public final class Leg implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Leg.class.getName());
  private static final Duration SWEEP = Duration.ofMillis(500);
  private static final int LOOKUP_THREADS = 4;
  private static final int MAX_POOLED_BUFFER = 128 * 1024;
  private static final int MAX_BUFFERS_PER_SIZE = 256;
  private static final long MAX_POOLED_HEAP = 8L * 1024 * 1024;
  private static final long MAX_POOLED_DIRECT = 16L * 1024 * 1024;

  private final Settings settings;
  private final LongSupplier nanoTime;
  private final QueuedThreadPool threads;
  private final Scheduler scheduler;
  private final ByteBufferPool buffers;
  private final ScheduledThreadPoolExecutor names;
  private final Lookups lookups;

  /** The clients in use, and those that are out of use but may have requests yet. */
  private final Map<Wire.Spec, Wire> wires = new HashMap<>();

  private final Set<Wire> retired = new HashSet<>();
  private boolean closed;

  /** Set once the first client is there. */
  private volatile Executor selecting = task -> {};

  /**
   * What differs between the legs.
   *
   * @param name part of the thread names: {@code primary}, {@code shadow}
   * @param threads how many threads there may be, at least 2; each client but the first adds one
   * @param connectTimeout how long a connection may take to open, unless a cluster says
   * @param maxIdle how long a pooled connection may stay unused
   * @param idleTimeout how long a connection in use may be without traffic; zero: for ever
   * @param maxConnections per endpoint, unless its cluster says
   * @param maxWaiting how many requests may wait for a connection, where only the other is said
   * @param maxRequests per endpoint, those that wait included, unless its cluster says
   */
  public record Settings(
      String name,
      int threads,
      Duration connectTimeout,
      Duration maxIdle,
      Duration idleTimeout,
      int maxConnections,
      int maxWaiting,
      int maxRequests) {}

  private Leg(Settings settings, LongSupplier nanoTime) {
    this.settings = settings;
    this.nanoTime = nanoTime;
    String name = "espejo-" + settings.name();
    threads = new QueuedThreadPool(settings.threads(), 1);
    threads.setName(name);
    threads.setDaemon(true);
    // One a minute, else, so that those of clients that are gone stay for long.
    threads.setMaxEvictCount(settings.threads());
    scheduler = new ScheduledExecutorScheduler(name + "-timer", true);
    buffers =
        new ArrayByteBufferPool(
            0, 4096, MAX_POOLED_BUFFER, MAX_BUFFERS_PER_SIZE, MAX_POOLED_HEAP, MAX_POOLED_DIRECT);
    names =
        new ScheduledThreadPoolExecutor(
            LOOKUP_THREADS,
            task -> {
              Thread thread = new Thread(task, name + "-names");
              thread.setDaemon(true);
              return thread;
            });
    // Once closed, nobody is asked any more.
    names.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    lookups = new Lookups(this::askAfter, InetAddress::getAllByName);
  }

  /** Starts the threads; no connection is opened before the first request. */
  public static Leg start(Settings settings) {
    return start(settings, System::nanoTime);
  }

  static Leg start(Settings settings, LongSupplier nanoTime) {
    Leg leg = new Leg(settings, nanoTime);
    try {
      leg.threads.start();
      leg.scheduler.start();
      // Most clusters need no other, and it is to be there before the first request.
      Wire first =
          leg.wire(new Wire.Spec(settings.connectTimeout(), Protocol.HTTP1, Optional.empty()));
      leg.selecting = task -> first.selector().submit(unused -> task.run());
    } catch (Exception failure) {
      leg.close();
      throw new IllegalStateException("cannot start the " + settings.name() + " leg", failure);
    }
    leg.after(SWEEP, leg::keepSweeping);
    return leg;
  }

  private void askAfter(Duration delay, Runnable task) {
    var unused = names.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The client for a cluster, until {@link #release}. */
  Wire wire(ClusterSpec spec) {
    return wire(
        new Wire.Spec(
            spec.pool().connectTimeout().orElse(settings.connectTimeout()),
            spec.protocol(),
            spec.tls()));
  }

  private synchronized Wire wire(Wire.Spec spec) {
    Wire wire =
        wires.computeIfAbsent(
            spec,
            key -> {
              for (Wire idle : retired) {
                if (idle.spec().equals(key)) {
                  return idle;
                }
              }
              if (!wires.isEmpty()) {
                mayHaveThreads(1);
              }
              return Wire.start(key, this);
            });
    retired.remove(wire);
    wire.users++;
    return wire;
  }

  private synchronized void mayHaveThreads(int more) {
    threads.setMaxThreads(threads.getMaxThreads() + more);
  }

  /** One cluster less that uses it. */
  synchronized void release(Wire wire) {
    wire.users--;
    if (wire.users == 0) {
      wires.remove(wire.spec());
      wire.retiredAt = nanoTime.getAsLong();
      retired.add(wire);
    }
  }

  private void keepSweeping() {
    boolean last = false;
    try {
      last = !sweep();
    } finally {
      if (!last) {
        after(SWEEP, this::keepSweeping);
      }
    }
  }

  /** Closes what has idled too long, and clients that nobody needs any more; false if closed. */
  synchronized boolean sweep() {
    if (closed) {
      return false;
    }
    wires.values().forEach(Wire::closeIdle);
    for (Wire wire : List.copyOf(retired)) {
      wire.closeIdle();
      if (wire.isUnused(nanoTime.getAsLong())) {
        retired.remove(wire);
        threads.execute(
            () -> {
              wire.stop();
              mayHaveThreads(-1);
            });
      }
    }
    return true;
  }

  /** How many of Jetty's clients there are, those that are out of use included. */
  synchronized int clients() {
    return wires.size() + retired.size();
  }

  Settings settings() {
    return settings;
  }

  LongSupplier nanoTime() {
    return nanoTime;
  }

  QueuedThreadPool threads() {
    return threads;
  }

  Scheduler scheduler() {
    return scheduler;
  }

  ByteBufferPool buffers() {
    return buffers;
  }

  Lookups lookups() {
    return lookups;
  }

  /** The leg's threads; what runs there must not block. */
  public Executor executor() {
    return threads;
  }

  /**
   * Runs tasks on the thread that waits for the leg's connections, between two looks at them, so
   * that an exchange wakes no other. They must not block; after {@link #close} they do not run.
   */
  public Executor selecting() {
    return selecting;
  }

  /** Runs {@code task} on the leg's timer thread after {@code delay}; it must be short. */
  public void after(Duration delay, Runnable task) {
    scheduler.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The same; running what is returned takes the task back, if it has not begun. */
  public Runnable schedule(Duration delay, Runnable task) {
    return scheduler.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS)::cancel;
  }

  /** Aborts what runs, closes every connection and ends every thread. */
  @Override
  public void close() {
    List<Wire> all = new ArrayList<>();
    synchronized (this) {
      closed = true;
      all.addAll(wires.values());
      all.addAll(retired);
    }
    names.shutdownNow();
    all.forEach(Wire::stop);
    stop(scheduler);
    stop(threads);
  }

  static void stop(Object part) {
    try {
      LifeCycle.stop(part);
    } catch (RuntimeException failure) {
      // The others must end all the same.
      LOG.log(Level.WARNING, "cannot stop " + part, failure);
    }
  }
}
