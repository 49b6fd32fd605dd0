package io.espejo.exchange;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One kind of log line, written once a minute at most, with the number of lines kept back since.
 *
 * <p>Safe for any threads; a line that is kept back costs two counters.
 */
public final class RateLimitedLog {
  private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Logger logger;
  private final Level level;
  private final LongSupplier nanoTime;
  private final AtomicLong next;
  private final AtomicInteger keptBack = new AtomicInteger();

  /** A kind of line for {@code logger}. */
  public RateLimitedLog(Logger logger, Level level) {
    this(logger, level, System::nanoTime);
  }

  RateLimitedLog(Logger logger, Level level, LongSupplier nanoTime) {
    this.logger = logger;
    this.level = level;
    this.nanoTime = nanoTime;
    this.next = new AtomicLong(nanoTime.getAsLong());
  }

  /** Writes the line, unless one of its kind was written within the minute; never throws. */
  public void log(Supplier<String> line) {
    log(line, null);
  }

  /** Writes the line with a stack trace, unless one of its kind was written within the minute. */
  public void log(Supplier<String> line, @Nullable Throwable cause) {
    long now = nanoTime.getAsLong();
    long due = next.get();
    if (now - due < 0 || !next.compareAndSet(due, now + PERIOD_NANOS)) {
      keptBack.incrementAndGet();
      return;
    }
    int missed = keptBack.getAndSet(0);
    try {
      String text =
          line.get() + (missed == 0 ? "" : " (and " + missed + " more of its kind since)");
      if (cause == null) {
        logger.log(level, text);
      } else {
        logger.log(level, text, cause);
      }
    } catch (RuntimeException unwritable) {
      // An appender's fault is none of the request that it was to tell of.
    }
  }
}
