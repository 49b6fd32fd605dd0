package io.espejo.benchmark;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests at a fixed rate, whatever the answers take: request n is due n intervals after the
 * start, and its latency counts from then, so that a stall is felt by every request that it holds
 * up.
 *
 * <pre>{@code
 * java -cp benchmark/target/benchmarks.jar io.espejo.benchmark.PacedLoad \
 *     --port 8000 --host httpbin --path / --rate 1000 --warmup 1 --seconds 30 --connections 64 \
 *     --bytes 0
 * }</pre>
 *
 * <p>They are GETs, or, with {@code --bytes}, POSTs with bodies of this length.
 *
 * <p>Each connection is a thread that takes the next request when it is free; when none is free,
 * requests are late. An exchange may take 3 s; what is not sent 3 s after the last was due is given
 * up. It prints one line of JSON: requests, those answered 200, what else came by name, the
 * quantiles of the latency in microseconds from all of its values, failures included, and how late
 * requests were sent, by which the loader's own part can be judged. The quantiles leave the seconds
 * of {@code --warmup} out, the counts do not.
 */
public final class PacedLoad {
  private static final int TIMEOUT_MILLIS = 3_000;

  private final InetSocketAddress address;
  private final byte[] head;
  private final byte[] body;
  private final long intervalNanos;
  private final long[] latencies;
  private final long[] lateness;
  private final int warmup;
  private final long end;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final Map<String, Integer> failures = new ConcurrentSkipListMap<>();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);

  private PacedLoad(
      InetSocketAddress address,
      String host,
      String path,
      int bytes,
      int rate,
      int warmup,
      int requests) {
    this.address = address;
    String line = (bytes == 0 ? "GET " : "POST ") + path + " HTTP/1.1\r\nHost: " + host;
    String length = bytes == 0 ? "" : "Content-Length: " + bytes + "\r\n";
    this.head =
        (line + "\r\nUser-Agent: paced\r\n" + length + "\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    this.body = new byte[bytes];
    this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / rate;
    this.latencies = new long[requests];
    this.lateness = new long[requests];
    this.warmup = warmup;
    this.end = start + requests * intervalNanos + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
  }

  public static void main(String[] arguments) throws InterruptedException {
    Arguments given = Arguments.of(arguments);
    int rate = given.number("rate");
    PacedLoad load =
        new PacedLoad(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), given.number("port")),
            given.text("host"),
            given.text("path"),
            given.number("bytes"),
            rate,
            rate * given.number("warmup"),
            rate * (given.number("warmup") + given.number("seconds")));
    List<Thread> threads = new ArrayList<>();
    for (int number = given.number("connections"); number > 0; number--) {
      Thread thread = new Thread(load::run, "connection-" + number);
      thread.start();
      threads.add(thread);
    }
    Thread timer = new Thread(load::endLate, "timer");
    timer.setDaemon(true);
    timer.start();
    for (Thread thread : threads) {
      thread.join();
    }
    System.out.println(Json.of(load.result()));
  }

  /** A write has no time limit of its own. */
  private void endLate() {
    while (true) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      connections.forEach(Connection::endIfLate);
    }
  }

  private void run() {
    Connection connection = null;
    for (int n = next.getAndIncrement(); n < latencies.length; n = next.getAndIncrement()) {
      long due = start + n * intervalNanos;
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      lateness[n] = System.nanoTime() - due;
      if (System.nanoTime() > end) {
        failures.merge("not sent", 1, Integer::sum);
        latencies[n] = lateness[n];
        continue;
      }
      try {
        if (connection == null) {
          connection = new Connection(address);
          connections.add(connection);
        }
        int status = connection.exchange(head, body);
        if (status == 200) {
          answered.incrementAndGet();
        } else {
          failures.merge(Integer.toString(status), 1, Integer::sum);
        }
      } catch (IOException failure) {
        failures.merge(failure.getClass().getSimpleName(), 1, Integer::sum);
        if (connection != null) {
          connection.closing = true;
        }
      }
      latencies[n] = System.nanoTime() - due;
      if (connection != null && connection.closing) {
        connections.remove(connection);
        connection.close();
        connection = null;
      }
    }
    if (connection != null) {
      connection.close();
    }
  }

  private Map<String, Object> result() {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("requests", latencies.length);
    result.put("answered", answered.get());
    result.put("failures", new TreeMap<>(failures));
    result.put("seconds", latencies.length * intervalNanos / 1e9);
    Arrays.sort(latencies, warmup, latencies.length);
    Arrays.sort(lateness, warmup, lateness.length);
    for (String quantile : new String[] {"50", "90", "99", "99.9", "100"}) {
      result.put("p" + quantile, quantile(latencies, quantile));
    }
    result.put("sent_late_p50", quantile(lateness, "50"));
    result.put("sent_late_p99", quantile(lateness, "99"));
    return result;
  }

  /** The smallest value that this percentage of all does not exceed, in microseconds. */
  private double quantile(long[] sorted, String percentage) {
    int length = sorted.length - warmup;
    int rank = (int) Math.ceil(length * Double.parseDouble(percentage) / 100);
    return sorted[warmup + Math.max(1, rank) - 1] / 1000.0;
  }

  private static final class Connection {
    private final Socket socket = new Socket();
    private final InputStream in;
    private volatile long end = Long.MAX_VALUE;
    private boolean closing;

    Connection(InetSocketAddress address) throws IOException {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(address, TIMEOUT_MILLIS);
      in = new BufferedInputStream(socket.getInputStream());
    }

    int exchange(byte[] head, byte[] body) throws IOException {
      end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
      socket.getOutputStream().write(head);
      if (body.length > 0) {
        socket.getOutputStream().write(body);
      }
      int status = Integer.parseInt(line().substring(9, 12));
      int length = -1;
      for (String field = line(); !field.isEmpty(); field = line()) {
        String lower = field.toLowerCase(Locale.ROOT);
        if (lower.startsWith("content-length:")) {
          length = Integer.parseInt(lower.substring(15).trim());
        } else if (lower.startsWith("connection:") && lower.contains("close")) {
          closing = true;
        }
      }
      if (length < 0) {
        throw new IOException("an answer without a length");
      }
      if (in.readNBytes(length).length < length) {
        throw new EOFException();
      }
      end = Long.MAX_VALUE;
      return status;
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw new EOFException();
        }
        if (c != '\r') {
          line.append((char) c);
        }
      }
      return line.toString();
    }

    void endIfLate() {
      long due = end;
      if (due != Long.MAX_VALUE && System.nanoTime() - due > 0) {
        close();
      }
    }

    void close() {
      try {
        socket.close();
      } catch (IOException ignored) {
        // Nobody waits for it any more.
      }
    }
  }
}
