package io.espejo.testkit;

import java.util.List;

/** Hears what is logged while it is open. */
public interface LogWatch extends AutoCloseable {
  /** What one logger of java.util.logging and those below it log in this JVM from now on. */
  static LogWatch of(String name) {
    return JulWatch.of(name);
  }

  /** What was logged so far. */
  List<String> messages();

  /** Waits up to 5 s for a message that contains {@code text}. */
  default void await(String text) {
    TestBed.await(
        "a log line with " + text + " among " + messages(),
        () -> messages().stream().anyMatch(message -> message.contains(text)));
  }

  @Override
  void close();
}
