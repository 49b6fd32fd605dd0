package io.espejo.proxy;

import io.espejo.exchange.RateLimitedLog;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/** The upgraded connections: not more than so many, and none that outlives this. */
final class Upgrades {
  private static final System.Logger LOG = System.getLogger(Upgrades.class.getName());

  private final RateLimitedLog log = new RateLimitedLog(LOG, Level.WARNING);
  private final int max;
  private final AtomicInteger places = new AtomicInteger();
  private final Set<Tunnel> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  Upgrades(int max) {
    this.max = max;
  }

  /** Takes a place for a request that may become one; false when there is none. */
  boolean acquire() {
    if (places.incrementAndGet() <= max) {
      return true;
    }
    places.decrementAndGet();
    log.log(() -> "503: " + max + " connections are upgraded");
    return false;
  }

  /** Gives a place back that no connection took. */
  void release() {
    places.decrementAndGet();
  }

  /** How many places are taken. */
  int taken() {
    return places.get();
  }

  /** Puts a connection in the place that was acquired for it. */
  Tunnel open(Executor threads, Runnable onEnd) {
    Tunnel tunnel =
        new Tunnel(
            threads,
            ended -> {
              open.remove(ended);
              release();
              onEnd.run();
            });
    open.add(tunnel);
    if (closed) {
      tunnel.close();
    }
    return tunnel;
  }

  /** Closes all. */
  void close() {
    closed = true;
    open.forEach(Tunnel::close);
  }
}
