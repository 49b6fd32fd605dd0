package io.espejo.testkit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Hears what is logged below one logger of java.util.logging while it is open. */
public final class LogWatch extends Handler implements AutoCloseable {
  private final Logger logger;
  private final Formatter format = new SimpleFormatter();
  private final List<String> messages = new CopyOnWriteArrayList<>();

  private LogWatch(Logger logger) {
    this.logger = logger;
  }

  /** Listens from now on to the logger with this name and those below it. */
  public static LogWatch of(String name) {
    LogWatch watch = new LogWatch(Logger.getLogger(name));
    watch.logger.addHandler(watch);
    return watch;
  }

  /** Waits up to 5 s for a message that contains {@code text}. */
  public void await(String text) {
    TestBed.await(
        "a log line with " + text + " among " + messages,
        () -> messages.stream().anyMatch(message -> message.contains(text)));
  }

  /** What was logged so far. */
  public List<String> messages() {
    return messages;
  }

  @Override
  public void publish(LogRecord record) {
    messages.add(format.formatMessage(record));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
