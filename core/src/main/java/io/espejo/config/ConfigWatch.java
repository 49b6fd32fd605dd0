package io.espejo.config;

import io.espejo.exchange.RateLimitedLog;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells of changes of a source.
 *
 * <p>It looks every 200 ms, on the scheduler's thread, which reading blocks. A set of files is
 * taken once it is the same on two looks, in size, time and content, because a half-copied file can
 * be valid; so a change is told within half a second after it has come to rest. A set that cannot
 * be read on two looks is told once, and tried again for ever; until it can be, the old one stays.
 */
public final class ConfigWatch implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ConfigWatch.class.getName());

  private final RateLimitedLog faults = new RateLimitedLog(LOG, Level.ERROR);
  private static final int PERIOD_MILLIS = 200;

  private final ConfigSource source;
  private final Consumer<List<RuleFile>> onChange;
  private final Consumer<IOException> onFailure;
  private final ScheduledFuture<?> looking;
  private volatile boolean closed;

  // The rest belongs to the task, whose runs the scheduler puts in order.
  private List<RuleFile> current;
  private Optional<Object> settled = Optional.empty();
  private Optional<Look> last = Optional.empty();
  private int failures;

  /** The files, and the stamp that they had before and after they were read. */
  private record Look(Object stamp, List<RuleFile> files) {}

  /**
   * Starts looking.
   *
   * @param current what the caller has already; it is not told again
   * @param onChange gets the new files, once for each change
   * @param onFailure gets the first failure of a row
   */
  public ConfigWatch(
      ConfigSource source,
      List<RuleFile> current,
      ScheduledExecutorService scheduler,
      Consumer<List<RuleFile>> onChange,
      Consumer<IOException> onFailure) {
    this.source = source;
    this.current = List.copyOf(current);
    this.onChange = onChange;
    this.onFailure = onFailure;
    this.looking =
        scheduler.scheduleWithFixedDelay(
            this::run, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void run() {
    try {
      look();
      failures = 0;
    } catch (IOException e) {
      last = Optional.empty();
      settled = Optional.empty();
      // A file may vanish between the listing and the reading: that is no failure yet.
      failures = Math.min(failures + 1, 3);
      if (failures == 2) {
        tell(onFailure, e);
      }
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      // Else nobody looks any more.
      faults.log(() -> "looking at " + source.description() + " failed", e);
    }
  }

  private void look() throws IOException {
    Object stamp = source.stamp();
    if (settled.filter(stamp::equals).isPresent()) {
      last = Optional.empty();
      return;
    }
    Look look = new Look(stamp, source.read());
    if (!source.stamp().equals(stamp)) {
      last = Optional.empty();
    } else if (last.filter(look::equals).isEmpty()) {
      last = Optional.of(look);
    } else {
      last = Optional.empty();
      settled = Optional.of(stamp);
      if (!look.files().equals(current)) {
        current = look.files();
        tell(onChange, look.files());
      }
    }
  }

  private <T> void tell(Consumer<T> listener, T news) {
    if (closed) {
      return;
    }
    try {
      listener.accept(news);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a change of " + source.description() + " could not be passed on", e);
    }
  }

  /** Stops looking; a callback that runs is not waited for, none begins any more. */
  @Override
  public void close() {
    closed = true;
    looking.cancel(false);
  }
}
