package io.espejo.demo;

import io.espejo.exchange.RateLimitedLog;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * How often each limit on a server's clients took hold, with a line in the log once a minute at
 * most. Safe for any threads.
 */
final class LimitCounter {
  private static final System.Logger LOG = System.getLogger(LimitCounter.class.getName());

  /** What is limited. */
  enum Limit {
    /** The server had as many as it may, and stopped to accept until one closed. */
    CONNECTIONS("as many clients are connected as may be; more wait until one leaves"),
    /** A request was refused with 431 or 414. */
    HEAD_BYTES("the head of a client's request is too long"),
    /** A connection was closed because no whole head came; an idle one, too. */
    HEAD_TIMEOUT("a client sent no whole head in time, and was disconnected");

    private final String line;

    Limit(String line) {
      this.line = line;
    }

    /** As metrics name it. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Count(LongAdder times, RateLimitedLog log) {}

  private final Map<Limit, Count> counts = new EnumMap<>(Limit.class);

  LimitCounter() {
    for (Limit limit : Limit.values()) {
      // Clients that idle are everyday.
      Level level = limit == Limit.HEAD_TIMEOUT ? Level.DEBUG : Level.WARNING;
      counts.put(limit, new Count(new LongAdder(), new RateLimitedLog(LOG, level)));
    }
  }

  void count(Limit limit) {
    Count count = of(limit);
    count.times().increment();
    count.log().log(() -> limit.line);
  }

  long times(Limit limit) {
    return of(limit).times().sum();
  }

  private Count of(Limit limit) {
    return Objects.requireNonNull(counts.get(limit));
  }
}
