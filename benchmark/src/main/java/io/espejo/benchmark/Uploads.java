package io.espejo.benchmark;

import io.espejo.benchmark.HashingOrigin.Received;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Large uploads, all at once, through a gateway to a v1 and a v2 that this process runs: what
 * reached each of them is compared with what was sent, by length and SHA-256.
 *
 * <p>Every upload has bytes of its own, and every second one is chunked. It prints one line of
 * JSON. A body at v2 is whole, cut (its connection ended first), absent (no head came), or {@code
 * v2_short_and_complete}: it ended as if it were whole, and is not; that must never be.
 *
 * <pre>{@code
 * java -cp benchmark/target/benchmarks.jar io.espejo.benchmark.Uploads \
 *     --gateway 8000 --host httpbin --v1 8081 --v2 8082 --count 64 --mebibytes 100 --pace 0
 * }</pre>
 *
 * <p>{@code --pace} is in MiB per second and upload, 0 for as fast as it goes.
 */
public final class Uploads {
  private static final int PIECE_BYTES = 64 * 1024;
  private static final int PATTERN_BYTES = 1024 * 1024;
  private static final int TIMEOUT_MILLIS = 120_000;
  private static final long MAX_LAG_MILLIS = 60_000;

  private final InetSocketAddress gateway;
  private final String host;
  private final long length;
  private final long pieceNanos;
  private final byte[] pattern = new byte[PATTERN_BYTES];
  private final Map<String, Integer> failures = new TreeMap<>();
  private final String[] digests;
  private int answered;

  private Uploads(Arguments given) {
    gateway = new InetSocketAddress(InetAddress.getLoopbackAddress(), given.number("gateway"));
    host = given.text("host");
    length = given.number("mebibytes") * 1024L * 1024;
    int pace = given.number("pace");
    pieceNanos = pace == 0 ? 0 : PIECE_BYTES * 1_000_000_000L / (pace * 1024L * 1024);
    digests = new String[given.number("count")];
    new Random(1).nextBytes(pattern);
    // Before the load, so that it need not share the processors with the hashing.
    Arrays.parallelSetAll(digests, this::digest);
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Arguments given = Arguments.of(arguments);
    try (HashingOrigin v1 = new HashingOrigin(given.number("v1"));
        HashingOrigin v2 = new HashingOrigin(given.number("v2"))) {
      Uploads uploads = new Uploads(given);
      long start = System.nanoTime();
      uploads.run();
      double seconds = (System.nanoTime() - start) / 1e9;
      boolean quiet = v1.awaitQuiet(MAX_LAG_MILLIS) & v2.awaitQuiet(MAX_LAG_MILLIS);
      System.out.println(Json.of(uploads.result(v1, v2, seconds, quiet)));
    }
  }

  private void run() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int number = 0; number < digests.length; number++) {
      int upload = number;
      Thread thread = new Thread(() -> send(upload), "upload-" + upload);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void send(int upload) {
    try {
      exchange(upload);
      synchronized (this) {
        answered++;
      }
    } catch (IOException | RuntimeException failure) {
      synchronized (this) {
        failures.merge(String.valueOf(failure.getMessage()), 1, Integer::sum);
      }
    }
  }

  private String digest(int upload) {
    MessageDigest digest = HashingOrigin.sha256();
    byte[] piece = new byte[PIECE_BYTES];
    for (long offset = 0; offset < length; offset += PIECE_BYTES) {
      fill(piece, upload, offset);
      digest.update(piece);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Sends one and checks the answer. */
  private void exchange(int upload) throws IOException {
    boolean chunked = upload % 2 == 1;
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(gateway, TIMEOUT_MILLIS);
      OutputStream out = socket.getOutputStream();
      String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length;
      out.write(
          ascii(
              "POST /upload HTTP/1.1\r\nHost: %s\r\nx-upload: %d\r\n%s\r\n\r\n"
                  .formatted(host, upload, framing)));
      byte[] piece = new byte[PIECE_BYTES];
      long due = System.nanoTime();
      for (long sent = 0; sent < length; sent += PIECE_BYTES) {
        fill(piece, upload, sent);
        if (pieceNanos > 0) {
          // As a slow line does: time that was lost is not made up for.
          due = Math.max(due, System.nanoTime() - pieceNanos) + pieceNanos;
          awaitTurn(due);
        }
        if (chunked) {
          out.write(ascii(Integer.toHexString(PIECE_BYTES) + "\r\n"));
        }
        out.write(piece);
        if (chunked) {
          out.write(ascii("\r\n"));
        }
      }
      if (chunked) {
        out.write(ascii("0\r\n\r\n"));
      }
      checkAnswer(new BufferedInputStream(socket.getInputStream()), length + " " + digests[upload]);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Random bytes that begin with what tells this place from all others. */
  private void fill(byte[] piece, int upload, long offset) {
    int from = (int) ((upload * 16_411L + offset) % (PATTERN_BYTES - PIECE_BYTES));
    System.arraycopy(pattern, from, piece, 0, PIECE_BYTES);
    ByteBuffer.wrap(piece).putLong(upload).putLong(offset);
  }

  private static void awaitTurn(long due) {
    for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
      LockSupport.parkNanos(wait);
    }
  }

  private static void checkAnswer(InputStream in, String expected) throws IOException {
    String status = HashingOrigin.line(in, true);
    if (!status.startsWith("HTTP/1.1 200")) {
      throw new IOException(status.isEmpty() ? "no answer" : status);
    }
    while (!HashingOrigin.line(in, false).isEmpty()) {
      // a header
    }
    String text = new String(in.readNBytes(expected.length()), StandardCharsets.ISO_8859_1);
    if (!text.equals(expected)) {
      throw new IOException("v1 read something else");
    }
  }

  private Map<String, Object> result(
      HashingOrigin v1, HashingOrigin v2, double seconds, boolean quiet) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (String leg : new String[] {"v1", "v2"}) {
      for (String end : new String[] {"whole", "cut", "absent", "twice", "short_and_complete"}) {
        counts.put(leg + "_" + end, 0);
      }
    }
    List<Long> cut = new ArrayList<>();
    for (int upload = 0; upload < digests.length; upload++) {
      v2.received(upload).stream().filter(Received::cut).map(Received::length).forEach(cut::add);
      counts.merge("v1_" + end(v1.received(upload), digests[upload]), 1, Integer::sum);
      counts.merge("v2_" + end(v2.received(upload), digests[upload]), 1, Integer::sum);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("uploads", digests.length);
    result.put("answered", answered);
    result.put("failures", failures);
    result.put("seconds", seconds);
    result.put("still_running", quiet ? 0 : 1);
    result.putAll(counts);
    cut.sort(null);
    result.put("v2_cut_median_bytes", cut.isEmpty() ? 0 : cut.get(cut.size() / 2));
    return result;
  }

  private String end(List<Received> bodies, String digest) {
    if (bodies.size() != 1) {
      return bodies.isEmpty() ? "absent" : "twice";
    }
    Received body = bodies.get(0);
    if (body.cut()) {
      return "cut";
    }
    return body.length() == length && body.digest().equals(digest) ? "whole" : "short_and_complete";
  }
}
