package io.espejo.testkit;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Owns what a test starts, ends it after the test, and fails the test when something is left: a
 * request that nobody took, an uncaught exception of any thread, or what a further {@link Check}
 * finds.
 *
 * <pre>{@code
 * @RegisterExtension final TestBed bed = new TestBed();
 * }</pre>
 */
public final class TestBed implements BeforeEachCallback, AfterEachCallback {
  private final List<Throwable> uncaught = Collections.synchronizedList(new ArrayList<>());
  private final List<RecordingOrigin> origins = new ArrayList<>();
  private final List<Check> checks = new ArrayList<>();
  private Thread.UncaughtExceptionHandler before = (thread, thrown) -> {};

  /** Something that must hold once the test is over. */
  @FunctionalInterface
  public interface Check {
    /** Throws when it does not hold. */
    void run() throws Exception;
  }

  /** An origin that this test owns. */
  public RecordingOrigin origin(String name) throws IOException {
    return origin(name, 0);
  }

  /** The same with small receive buffers. */
  public RecordingOrigin origin(String name, int receiveBuffer) throws IOException {
    return own(RecordingOrigin.start(name, receiveBuffer));
  }

  /** The same on an unbound socket of another kind: one that speaks TLS. */
  public RecordingOrigin origin(String name, ServerSocket server) throws IOException {
    return own(RecordingOrigin.start(name, 0, server));
  }

  private RecordingOrigin own(RecordingOrigin origin) {
    origins.add(origin);
    return origin;
  }

  /** Runs after the test, before the origins are looked at; the last one added runs first. */
  public void afterwards(Check check) {
    checks.add(0, check);
  }

  /** Waits up to 5 s until something holds; fails the test when it never does. */
  public static void await(String what, BooleanSupplier condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(5))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until((Callable<Boolean>) condition::getAsBoolean);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
    before = handler;
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.add(thrown));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    List<Throwable> found = new ArrayList<>();
    checks.forEach(check -> collect(found, check));
    for (RecordingOrigin origin : origins) {
      // Whoever was cut off is seen by its origin a moment later.
      collect(
          found,
          () -> await(origin.name() + " hears nothing", () -> origin.listeningConnections() == 0));
      collect(found, origin::assertNothingLeft);
      collect(found, origin::close);
    }
    Thread.setDefaultUncaughtExceptionHandler(before);
    found.addAll(uncaught);
    if (!found.isEmpty()) {
      AssertionError left = new AssertionError("left after the test: " + found, found.get(0));
      found.stream().skip(1).forEach(left::addSuppressed);
      throw left;
    }
  }

  private static void collect(List<Throwable> found, Check check) {
    try {
      check.run();
    } catch (Exception | AssertionError e) {
      found.add(e);
    }
  }
}
