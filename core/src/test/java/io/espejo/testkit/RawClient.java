package io.espejo.testkit;

import io.espejo.exchange.Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An HTTP/1.1 client on one raw socket, without manners: it sends what it is told and shows what
 * came back. It never opens a second connection.
 *
 * <p>For one thread. Reading waits at most 5 s for a byte, then fails the test.
 *
 * <pre>{@code
 * try (RawClient client = RawClient.to(port)) {
 *   assertThat(client.exchange(RawRequest.get("/headers")).status()).isEqualTo(200);
 * }
 * }</pre>
 */
public final class RawClient implements AutoCloseable {
  private static final int STEP = 16 * 1024;

  private final Socket socket;
  private final WireReader in;
  private final OutputStream out;
  private String method = "";

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new WireReader(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Connects to a loopback port. */
  public static RawClient to(int port) throws IOException {
    return to(port, 0);
  }

  /** The same with a receive buffer of so many bytes; 0 leaves it to the system. */
  public static RawClient to(int port, int receiveBuffer) throws IOException {
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(5000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5000);
    return new RawClient(socket);
  }

  /** Sends one request on a connection of its own, and reads the answer. */
  public static RawAnswer once(int port, RawRequest request) throws IOException {
    try (RawClient client = to(port)) {
      return client.exchange(request);
    }
  }

  /** Sends a request and reads the final answer to it. */
  public RawAnswer exchange(RawRequest request) throws IOException {
    return send(request).read();
  }

  /** Sends a request, head and body in one piece. */
  public RawClient send(RawRequest request) throws IOException {
    method = request.method();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(request.headBytes());
    whole.write(request.body());
    return write(whole.toByteArray());
  }

  /** Sends the head of a request only. */
  public RawClient sendHead(RawRequest request) throws IOException {
    method = request.method();
    return write(request.headBytes());
  }

  /** Sends these bytes. */
  public RawClient write(byte[] bytes) throws IOException {
    out.write(bytes);
    return this;
  }

  /** Sends this text in ISO-8859-1. */
  public RawClient write(String text) throws IOException {
    return write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends one chunk of a chunked body; the last one when there are no bytes. */
  public RawClient chunk(byte[] bytes) throws IOException {
    return write(Answer.chunk(bytes));
  }

  /** Sends {@code bytes} in pieces of {@code step} bytes with {@code pause} after each. */
  public RawClient writePaced(byte[] bytes, int step, Duration pause)
      throws IOException, InterruptedException {
    for (int from = 0; from < bytes.length; from += step) {
      out.write(bytes, from, Math.min(step, bytes.length - from));
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    }
    return this;
  }

  /** Reads one head and gives its lines, an interim answer's too; the body is not read. */
  public List<String> readHead() throws IOException {
    List<String> head = new ArrayList<>();
    patiently(() -> in.lines(head));
    return head;
  }

  /** Reads exactly so many bytes, or fewer when the peer ends the connection before. */
  public String readText(int bytes) throws IOException {
    RecordedBody text = new RecordedBody();
    patiently(() -> in.exactly(bytes, STEP, text, WireReader.Pace.NONE));
    return text.text();
  }

  /** Reads one chunk, but not the line end behind it; nothing of the last one. */
  public String readChunk() throws IOException {
    RecordedBody text = new RecordedBody();
    patiently(() -> in.chunk(STEP, text, WireReader.Pace.NONE));
    return text.text();
  }

  /** Reads the final answer, past interim ones, as far as it comes. */
  public RawAnswer read() throws IOException {
    return read(STEP, Duration.ZERO);
  }

  /** The same, at most {@code step} bytes of the body at a time with {@code pause} before each. */
  public RawAnswer read(int step, Duration pause) throws IOException {
    WireReader.Pace pace =
        pause.isZero() ? WireReader.Pace.NONE : () -> TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    List<String> head = new ArrayList<>();
    RecordedBody body = new RecordedBody();
    List<String> trailers = new ArrayList<>(List.of(""));
    boolean whole =
        patiently(
            () -> {
              do {
                head.clear();
                in.lines(head);
              } while (status(head) < 200 && status(head) != 101);
              Headers headers = WireReader.headers(head);
              switch (framing(head, headers)) {
                case CHUNKED -> in.chunked(step, body, trailers, pace);
                case UNTIL_CLOSE -> in.untilClose(step, body, pace);
                case LENGTH -> in.exactly(length(headers), step, body, pace);
                case NONE -> {}
              }
            });
    Headers headers = WireReader.headers(head);
    return new RawAnswer(
        head,
        headers,
        head.isEmpty() ? Framing.NONE : framing(head, headers),
        body.end(),
        WireReader.headers(trailers),
        whole);
  }

  /** Whether the peer ends the connection, without another byte, within 5 s. */
  public boolean closedByPeer() throws IOException {
    try {
      return !in.awaitByte();
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** Says that nothing more is sent; reading goes on. */
  public void finish() throws IOException {
    socket.shutdownOutput();
  }

  /** Resets the connection. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private Framing framing(List<String> head, Headers headers) {
    int status = status(head);
    if (WireReader.isChunked(headers)) {
      return bodiless(status) ? Framing.NONE : Framing.CHUNKED;
    }
    if (headers.contains("Content-Length")) {
      return bodiless(status) ? Framing.NONE : Framing.LENGTH;
    }
    return bodiless(status) ? Framing.NONE : Framing.UNTIL_CLOSE;
  }

  private boolean bodiless(int status) {
    return method.equals("HEAD") || status < 200 || status == 204 || status == 304;
  }

  private static long length(Headers headers) {
    return Long.parseLong(headers.first("Content-Length").orElseThrow());
  }

  private static int status(List<String> head) {
    return Integer.parseInt(head.get(0).split(" ", -1)[1]);
  }

  /** Whether {@code reading} came to its end; not, when the peer ended the connection before. */
  private static boolean patiently(Reading reading) throws IOException {
    try {
      reading.run();
      return true;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing more came within 5 s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } catch (IOException cut) {
      return false;
    }
  }

  @FunctionalInterface
  private interface Reading {
    void run() throws IOException, InterruptedException;
  }
}
