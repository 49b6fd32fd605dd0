package io.espejo.benchmark;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An origin that reads a body to its end and answers with its length and SHA-256, and remembers per
 * {@code x-upload} how the body ended. A thread per connection; safe for any threads.
 */
final class HashingOrigin implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;

  /** A body's end; {@code digest} is empty when it was cut short. */
  record Received(String digest, long length) {
    boolean cut() {
      return digest.isEmpty();
    }
  }

  private final ServerSocket listener;
  private final Map<Integer, List<Received>> received = new HashMap<>();
  private int running;

  HashingOrigin(int port) throws IOException {
    listener = new ServerSocket(port, 256, InetAddress.getLoopbackAddress());
    start("origin-" + port, this::accept);
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = listener.accept();
        start("connection", () -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
      while (true) {
        Map<String, String> head = head(in);
        if (head.isEmpty()) {
          return;
        }
        Received body = read(Integer.parseInt(head.get("x-upload")), head, in);
        if (body.cut()) {
          return;
        }
        String text = body.length() + " " + body.digest();
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text;
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (IOException gone) {
      // What was cut is recorded; a connection that idled owes nothing.
    }
  }

  private Received read(int upload, Map<String, String> head, InputStream in) {
    running(1);
    Body body = new Body(in);
    Received end;
    try {
      if (head.containsKey("content-length")) {
        body.read(Long.parseLong(head.get("content-length")));
      } else {
        body.readChunked();
      }
      end = new Received(body.digest(), body.length);
    } catch (IOException cut) {
      end = new Received("", body.length);
    }
    synchronized (this) {
      received.computeIfAbsent(upload, id -> new ArrayList<>()).add(end);
    }
    running(-1);
    return end;
  }

  private synchronized void running(int change) {
    running += change;
    notifyAll();
  }

  /** Waits until no body is on its way, at most this long; whether that is so. */
  synchronized boolean awaitQuiet(long millis) throws InterruptedException {
    long deadline = System.currentTimeMillis() + millis;
    for (long left = millis; running > 0 && left > 0; ) {
      wait(left);
      left = deadline - System.currentTimeMillis();
    }
    return running == 0;
  }

  /** What came of this upload: nothing, one body, or, which would be a fault, several. */
  synchronized List<Received> received(int upload) {
    return List.copyOf(received.getOrDefault(upload, List.of()));
  }

  private static Map<String, String> head(InputStream in) throws IOException {
    Map<String, String> fields = new HashMap<>();
    if (line(in, true).isEmpty()) {
      return fields;
    }
    for (String field = line(in, false); !field.isEmpty(); field = line(in, false)) {
      int colon = field.indexOf(':');
      fields.put(
          field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).trim());
    }
    return fields;
  }

  static String line(InputStream in, boolean endAllowed) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        if (endAllowed && line.length() == 0) {
          return "";
        }
        throw new EOFException();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private static final class Body {
    private final InputStream in;
    private final MessageDigest digest = sha256();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private long length;

    Body(InputStream in) {
      this.in = in;
    }

    void read(long bytes) throws IOException {
      for (long left = bytes; left > 0; ) {
        int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (n < 0) {
          throw new EOFException();
        }
        digest.update(buffer, 0, n);
        length += n;
        left -= n;
      }
    }

    void readChunked() throws IOException {
      for (int size = size(); size > 0; size = size()) {
        read(size);
        line(in, false);
      }
      while (!line(in, false).isEmpty()) {
        // a trailer field
      }
    }

    private int size() throws IOException {
      String size = line(in, false);
      try {
        return Integer.parseInt(size.split(";", 2)[0].trim(), 16);
      } catch (NumberFormatException garbage) {
        throw new SocketException("not a chunk: " + size);
      }
    }

    String digest() {
      return HexFormat.of().formatHex(digest.digest());
    }
  }
}
