package io.espejo.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.espejo.testkit.LogWatch;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class RateLimitedLogTest {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final AtomicLong nanos = new AtomicLong();
  private final RateLimitedLog log =
      new RateLimitedLog(System.getLogger("io.espejo.limited"), Level.WARNING, nanos::get);

  @Test
  void lines_ofOneKind_areOneAMinuteWithTheCountOfTheOthers() {
    try (LogWatch watch = LogWatch.of("io.espejo.limited")) {
      log.log(() -> "a");
      log.log(() -> "b");
      nanos.set(MINUTE - 1);
      log.log(() -> "c");
      assertThat(watch.messages()).containsExactly("a");

      nanos.set(MINUTE);
      log.log(() -> "d");
      log.log(() -> "e");

      assertThat(watch.messages()).containsExactly("a", "d (and 2 more of its kind since)");
      nanos.set(3 * MINUTE);
      log.log(() -> "f");
      nanos.set(4 * MINUTE);
      log.log(() -> "g");
      assertThat(watch.messages())
          .containsExactly(
              "a", "d (and 2 more of its kind since)", "f (and 1 more of its kind since)", "g");
    }
  }

  /** It is written on the threads of requests, and what is hung up behind a logger is a user's. */
  @Test
  void line_thatCannotBeWritten_isNobodysFault() {
    Logger logger = Logger.getLogger("io.espejo.limited");
    Handler broken =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            throw new IllegalStateException("no room");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(broken);
    try {
      assertThatCode(() -> log.log(() -> "a")).doesNotThrowAnyException();
      nanos.set(MINUTE);
      assertThatCode(() -> log.log(() -> "b", new Exception())).doesNotThrowAnyException();
    } finally {
      logger.removeHandler(broken);
    }
  }
}
