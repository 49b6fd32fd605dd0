package io.espejo.testkit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Hears what is logged below one logger of java.util.logging while it is open. */
final class JulWatch extends Handler implements LogWatch {
  private final Logger logger;
  private final Formatter format = new SimpleFormatter();
  private final List<String> messages = new CopyOnWriteArrayList<>();

  private JulWatch(Logger logger) {
    this.logger = logger;
  }

  /** Listens from now on to the logger with this name and those below it. */
  static JulWatch of(String name) {
    JulWatch watch = new JulWatch(Logger.getLogger(name));
    watch.logger.addHandler(watch);
    return watch;
  }

  @Override
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
