package io.espejo.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An HTTP/1.1 server on a raw socket that records every request byte for byte, and answers or
 * misbehaves as a {@link Behaviour} says; unless told otherwise, it answers 200 with its name.
 *
 * <p>Loopback, any free port, one daemon thread per connection. Requests are handed out in the
 * order in which they ended. Everything that is expected is taken; what is left fails the test.
 *
 * <pre>{@code
 * RecordingOrigin v2 = RecordingOrigin.start("v2");
 * v2.behave(Behaviour.neverAnswer());
 * assertThat(v2.take().host()).isEqualTo("httpbin-shadow:8000");
 * }</pre>
 */
public final class RecordingOrigin implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Does not listen; it keeps its port from others for as long as this JVM runs. */
  private static final Socket NOBODY = bound();

  private final String name;
  private final ServerSocket server;
  private final LinkedBlockingQueue<RecordedRequest> requests = new LinkedBlockingQueue<>();
  private final Map<Socket, Thread> open = new ConcurrentHashMap<>();
  private final AtomicInteger holding = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong bodyBytes = new AtomicLong();
  private volatile Behaviour behaviour;
  private volatile Behaviour onAccept = connection -> {};

  private RecordingOrigin(String name, ServerSocket server) {
    this.name = name;
    this.server = server;
    this.behaviour = Behaviour.answer(Answer.of(200).body(name));
  }

  /** Starts an origin that answers 200 with {@code name} as its body. */
  public static RecordingOrigin start(String name) throws IOException {
    return start(name, 0);
  }

  /**
   * The same with receive buffers of so many bytes, so that a peer notices soon when nothing is
   * read; 0 leaves them to the system.
   */
  public static RecordingOrigin start(String name, int receiveBuffer) throws IOException {
    return start(name, receiveBuffer, new ServerSocket());
  }

  /** The same on an unbound socket of another kind: one that speaks TLS. */
  public static RecordingOrigin start(String name, int receiveBuffer, ServerSocket server)
      throws IOException {
    if (receiveBuffer > 0) {
      server.setReceiveBufferSize(receiveBuffer);
    }
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
    RecordingOrigin origin = new RecordingOrigin(name, server);
    daemon("origin-" + name + "-accept", origin::accept).start();
    return origin;
  }

  /** A loopback port on which nobody listens, and nobody may: connecting is refused. */
  public static int refusingPort() {
    return NOBODY.getLocalPort();
  }

  private static Socket bound() {
    try {
      Socket socket = new Socket();
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return socket;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The name it was started with. */
  public String name() {
    return name;
  }

  /** Its port on 127.0.0.1. */
  public int port() {
    return server.getLocalPort();
  }

  /** From the next request on, on any connection. */
  public void behave(Behaviour behaviour) {
    this.behaviour = behaviour;
  }

  /** From the next connection on, before anything is read from it. */
  public void onAccept(Behaviour behaviour) {
    this.onAccept = behaviour;
  }

  /** How many connections were accepted so far. */
  public int connections() {
    return connections.get();
  }

  /** How many connections are open now. */
  public int openConnections() {
    return open.size();
  }

  /** How many bytes of bodies were read so far, those of requests under way included. */
  public long bodyBytes() {
    return bodyBytes.get();
  }

  /** How many of them a request may still come from: those that no behaviour holds. */
  public int listeningConnections() {
    return open.size() - holding.get();
  }

  /** The next request that ended, waiting for it up to 5 s; fails the test when none does. */
  public RecordedRequest take() {
    RecordedRequest request;
    try {
      request = requests.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(name + ": interrupted", e);
    }
    if (request == null) {
      throw new AssertionError(
          name + ": no request ended within " + PATIENCE + "; connections: " + connections());
    }
    return request;
  }

  /** The next {@code count} requests. */
  public List<RecordedRequest> take(int count) {
    List<RecordedRequest> taken = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      taken.add(take());
    }
    return taken;
  }

  /** How many requests have ended and were not taken. */
  public int waiting() {
    return requests.size();
  }

  /** Takes all that ended so far, for tests that only count. */
  public List<RecordedRequest> drain() {
    List<RecordedRequest> drained = new ArrayList<>();
    requests.drainTo(drained);
    return drained;
  }

  /** Fails the test when a request was not taken. */
  public void assertNothingLeft() {
    if (!requests.isEmpty()) {
      throw new AssertionError(name + ": requests that nobody took: " + drain());
    }
  }

  /** Ends all connections, and wakes all behaviours that hang. */
  @Override
  public void close() throws IOException {
    server.close();
    for (Map.Entry<Socket, Thread> connection : open.entrySet()) {
      connection.getKey().close();
      connection.getValue().interrupt();
    }
  }

  Behaviour behaviour() {
    return behaviour;
  }

  Behaviour acceptBehaviour() {
    return onAccept;
  }

  /** What is read of one body. */
  RecordedBody newBody() {
    return new RecordedBody(bodyBytes::addAndGet);
  }

  void record(RecordedRequest request) {
    requests.add(request);
  }

  /** Waits without looking at the connection until {@code gate} opens or the origin is closed. */
  void hold(CountDownLatch gate) throws InterruptedException {
    holding(gate::await);
  }

  /** The same for so long. */
  void hold(Duration time) throws InterruptedException {
    holding(() -> TimeUnit.NANOSECONDS.sleep(time.toNanos()));
  }

  private void holding(Hold hold) throws InterruptedException {
    holding.incrementAndGet();
    try {
      hold.run();
    } finally {
      holding.decrementAndGet();
    }
  }

  @FunctionalInterface
  private interface Hold {
    void run() throws InterruptedException;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        int id = connections.incrementAndGet();
        Thread thread = daemon("origin-" + name + "-" + id, () -> serve(socket, id));
        open.put(socket, thread);
        thread.start();
      } catch (IOException closedOrGone) {
        // Closed: the loop ends. A peer that went before it was accepted: the next one.
      }
    }
  }

  private void serve(Socket socket, int id) {
    try {
      new OriginConnection(this, socket, id).run();
    } catch (IOException | InterruptedException gone) {
      // The connection went before it was used, or the origin was closed.
    } finally {
      open.remove(socket);
    }
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
