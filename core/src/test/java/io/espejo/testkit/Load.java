package io.espejo.testkit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that repeat a request, each on one connection, until it is closed. */
final class Load implements AutoCloseable {
  private final List<Thread> clients = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong answered = new AtomicLong();
  private volatile boolean ended;

  private Load() {}

  /** Starts so many clients that send a GET. */
  static Load on(int port, int clients) {
    return on(port, clients, RawRequest.get("/load"));
  }

  /** Starts so many clients that send this. */
  static Load on(int port, int clients, RawRequest request) {
    Load load = new Load();
    for (int i = 0; i < clients; i++) {
      Thread client = new Thread(() -> load.run(port, request), "load-" + i);
      load.clients.add(client);
      client.start();
    }
    TestBed.await("load", () -> load.answered.get() > 0 || !load.failures.isEmpty());
    return load;
  }

  private void run(int port, RawRequest request) {
    try (RawClient client = RawClient.to(port)) {
      while (!ended) {
        RawAnswer answer = client.exchange(request);
        if (answer.status() != 200 || !answer.whole()) {
          failures.add(answer.toString());
          return;
        }
        answered.incrementAndGet();
      }
    } catch (IOException | AssertionError e) {
      failures.add(e.toString());
    }
  }

  /** Waits until so many requests were answered; fails when one was not. */
  void awaitAnswers(long count) {
    TestBed.await(count + " answers", () -> answered.get() >= count || !failures.isEmpty());
    assertNoneFailed();
  }

  /** Fails the test when a request was not answered with a whole 200. */
  void assertNoneFailed() {
    if (!failures.isEmpty()) {
      throw new AssertionError("after " + answered + " answers: " + failures);
    }
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    for (Thread client : clients) {
      client.join();
    }
    assertNoneFailed();
  }
}
