package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.OutlierDetection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Ejects the endpoints of a cluster that fail in a row, and lets them return, as Envoy's outlier
 * detection does with Istio's settings: by numbers in a row alone, with no rates.
 *
 * <p>An ejection lasts the base time times how often it came of late, at most 5 minutes or the base
 * time; who may return is looked at once an interval. An ejection that would take more than the
 * greatest percentage is not made. Safe for any threads.
 */
final class Ejections {
  private static final Duration MAX_EJECTION = Duration.ofMinutes(5);

  /** After as many intervals without a look nothing of the past matters. */
  private static final long MAX_LOOKS = 10_000;

  private final OutlierDetection rule;
  private final LongSupplier nanoTime;
  private final long intervalNanos;
  private final long baseNanos;
  private final long maxNanos;

  // Written under this.
  private volatile int ejected;

  // Guarded by this.
  private long lookedAt;

  /** What is known of one endpoint. */
  static final class Health {
    private final AtomicInteger consecutive5xx = new AtomicInteger();
    private final AtomicInteger consecutiveGatewayErrors = new AtomicInteger();
    private final AtomicInteger consecutiveLocalFailures = new AtomicInteger();
    private volatile boolean ejected;

    // Guarded by the Ejections.
    private int times;
    private long ejectedAt;

    private static void reset(AtomicInteger count) {
      if (count.get() != 0) {
        count.set(0);
      }
    }
  }

  Ejections(OutlierDetection rule, LongSupplier nanoTime) {
    this.rule = rule;
    this.nanoTime = nanoTime;
    this.intervalNanos = rule.interval().toNanos();
    this.baseNanos = rule.baseEjectionTime().toNanos();
    this.maxNanos = Math.max(MAX_EJECTION.toNanos(), baseNanos);
    this.lookedAt = nanoTime.getAsLong();
  }

  /** Those that may be chosen: who is not ejected; all, when too few are healthy. */
  List<Endpoint> usable(List<Endpoint> endpoints) {
    if (ejected == 0) {
      return endpoints;
    }
    look(endpoints);
    List<Endpoint> healthy =
        endpoints.stream().filter(endpoint -> !endpoint.health().ejected).toList();
    return healthy.size() * 100L < (long) rule.minHealthPercent() * endpoints.size()
        ? endpoints
        : healthy;
  }

  /** Those that may not be chosen now. */
  List<Endpoint> ejected(List<Endpoint> endpoints) {
    if (ejected == 0) {
      return List.of();
    }
    look(endpoints);
    return endpoints.stream().filter(endpoint -> endpoint.health().ejected).toList();
  }

  void answered(List<Endpoint> endpoints, Endpoint endpoint, int status) {
    Health.reset(endpoint.health().consecutiveLocalFailures);
    count(endpoints, endpoint, status);
  }

  /** Without an answer; counts as a 503, unless such failures have a count of their own. */
  void failed(List<Endpoint> endpoints, Endpoint endpoint) {
    if (rule.consecutiveLocalFailures() == 0) {
      count(endpoints, endpoint, 503);
    } else if (reached(
        endpoint.health().consecutiveLocalFailures, rule.consecutiveLocalFailures())) {
      eject(endpoints, endpoint);
    }
  }

  private void count(List<Endpoint> endpoints, Endpoint endpoint, int status) {
    Health health = endpoint.health();
    boolean outlier = false;
    if (status >= 502 && status <= 504) {
      outlier = reached(health.consecutiveGatewayErrors, rule.consecutiveGatewayErrors());
    } else {
      Health.reset(health.consecutiveGatewayErrors);
    }
    if (status >= 500) {
      outlier |= reached(health.consecutive5xx, rule.consecutive5xx());
    } else {
      Health.reset(health.consecutive5xx);
    }
    if (outlier) {
      eject(endpoints, endpoint);
    }
  }

  /** Counted from the start again, as by Envoy, whether it may be ejected or not. */
  private static boolean reached(AtomicInteger count, int limit) {
    if (count.incrementAndGet() != limit) {
      return false;
    }
    count.set(0);
    return true;
  }

  private synchronized void eject(List<Endpoint> endpoints, Endpoint endpoint) {
    look(endpoints);
    Health health = endpoint.health();
    if (health.ejected) {
      return;
    }
    if ((ejected + 1) * 100L > (long) rule.maxEjectionPercent() * endpoints.size()) {
      return;
    }
    health.ejected = true;
    if (baseNanos * health.times < maxNanos + baseNanos) {
      health.times++;
    }
    health.ejectedAt = nanoTime.getAsLong();
    ejected++;
  }

  /** Makes up for the looks that were due since the last one. */
  private synchronized void look(List<Endpoint> endpoints) {
    long due = (nanoTime.getAsLong() - lookedAt) / intervalNanos;
    for (long i = Math.max(0, due - MAX_LOOKS); i < due; i++) {
      long then = lookedAt + (i + 1) * intervalNanos;
      for (Endpoint endpoint : endpoints) {
        look(endpoint.health(), then);
      }
    }
    lookedAt += due * intervalNanos;
    // Counted anew, because an endpoint may be gone.
    ejected = (int) endpoints.stream().filter(endpoint -> endpoint.health().ejected).count();
  }

  private void look(Health health, long now) {
    if (!health.ejected) {
      health.times = Math.max(0, health.times - 1);
    } else if (now - health.ejectedAt >= Math.min(baseNanos * health.times, maxNanos)) {
      health.ejected = false;
      Health.reset(health.consecutive5xx);
      Health.reset(health.consecutiveGatewayErrors);
      Health.reset(health.consecutiveLocalFailures);
    }
  }
}
