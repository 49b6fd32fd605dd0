package io.espejo.testkit;

import io.espejo.exchange.Headers;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The origin's end of one connection, as a {@link Behaviour} uses it: on the connection's own
 * thread only.
 */
public final class OriginConnection {
  private static final int STEP = 16 * 1024;

  private final RecordingOrigin origin;
  private final Socket socket;
  private final int id;
  private final WireReader in;
  private final OutputStream out;

  private int ordinal;
  private final List<String> head = new ArrayList<>();
  private Headers headers = Headers.EMPTY;
  private final List<String> trailers = new ArrayList<>();
  private RecordedBody body = new RecordedBody();
  private boolean headRead;
  private boolean recorded = true;
  private boolean keepAlive = true;

  OriginConnection(RecordingOrigin origin, Socket socket, int id) throws IOException {
    this.origin = origin;
    this.socket = socket;
    this.id = id;
    this.in = new WireReader(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Serves requests until one end breaks the connection. */
  void run() throws InterruptedException {
    try (socket) {
      origin.acceptBehaviour().serve(this);
      while (keepAlive && !socket.isClosed() && in.awaitByte()) {
        begin();
        try {
          origin.behaviour().serve(this);
        } finally {
          leave();
        }
      }
    } catch (IOException expected) {
      // The peer or the behaviour ended the connection; how, is in the record.
    }
  }

  private void begin() {
    ordinal++;
    head.clear();
    trailers.clear();
    headers = Headers.EMPTY;
    body = origin.newBody();
    headRead = false;
    recorded = false;
  }

  /** Reads the head, unless that is done: the request line and the header lines. */
  public List<String> head() throws IOException {
    if (!headRead) {
      reading(() -> in.lines(head));
      headRead = true;
      headers = WireReader.headers(head);
      String connection = headers.first("Connection").orElse("");
      keepAlive = head.get(0).endsWith("1.1") && !connection.equalsIgnoreCase("close");
    }
    return List.copyOf(head);
  }

  /** The header lines of the request, split. */
  public Headers headers() throws IOException {
    head();
    return headers;
  }

  /** The request target, raw. */
  public String path() throws IOException {
    return head().get(0).split(" ", -1)[1];
  }

  /** Whether the connection brought a request before this one. */
  public boolean reused() {
    return ordinal > 1;
  }

  /** Reads the rest of the request, and records it. */
  public void readBody() throws IOException {
    readBody(STEP, Duration.ZERO);
  }

  /** The same, at most {@code step} bytes at a time and with {@code pause} before each. */
  public void readBody(int step, Duration pause) throws IOException {
    head();
    WireReader.Pace pace =
        pause.isZero() ? WireReader.Pace.NONE : () -> TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    long left = length() - body.length();
    reading(
        () -> {
          if (framing() == Framing.CHUNKED) {
            in.chunked(step, body, trailers, pace);
          } else {
            in.exactly(Math.max(0, left), step, body, pace);
          }
        });
    record(RecordedRequest.End.WHOLE);
  }

  /** Reads the rest of the request, records it, and gives the SHA-256 of its body. */
  public String readHashed() throws IOException {
    readBody();
    return body.hash();
  }

  /** Reads exactly so many bytes of what follows the head; chunk headers count. */
  public void readSome(int bytes) throws IOException {
    head();
    reading(() -> in.exactly(bytes, STEP, body, WireReader.Pace.NONE));
  }

  /** Records the request as it is now; nothing more of it is recorded. */
  public void leave() {
    boolean whole = headRead && framing() == Framing.NONE;
    record(whole ? RecordedRequest.End.WHOLE : RecordedRequest.End.UNREAD);
  }

  /** Sends an answer. */
  public void send(Answer answer) throws IOException {
    out.write(answer.bytes(head().get(0).split(" ", -1)[0]));
    if (answer.framing() == Framing.UNTIL_CLOSE
        || answer.headerLines().stream().anyMatch("connection: close"::equalsIgnoreCase)) {
      finish();
    }
  }

  /** Reads the request, and sends the answer's head and {@code bytes} bytes of what follows it. */
  void sendPart(Answer answer, int bytes) throws IOException {
    readBody();
    out.write(answer.bytes("GET"), 0, answer.head().length + bytes);
  }

  /** Sends these bytes. */
  public void send(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** Sends this text in ISO-8859-1. */
  public void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /**
   * Says that nothing more is sent, and takes what the peer still sends, so that nothing is lost.
   */
  public void finish() throws IOException {
    keepAlive = false;
    socket.shutdownOutput();
    awaitPeerClose();
  }

  /** Records the request, and sends back what comes, until the peer says its last. */
  public void echo() throws IOException {
    leave();
    keepAlive = false;
    byte[] buffer = new byte[STEP];
    for (int read = in.rest().read(buffer); read >= 0; read = in.rest().read(buffer)) {
      out.write(buffer, 0, read);
    }
  }

  /** The same, frame by frame of WebSocket, until one that closes. */
  public void echoFrames() throws IOException {
    leave();
    keepAlive = false;
    byte[] frame;
    do {
      frame = WebSocketFrames.echoOf(in.rest());
      out.write(frame);
    } while (frame.length > 0 && !WebSocketFrames.isClose(frame));
  }

  /** Closes the connection. What the peer sent and nobody read makes that a reset. */
  public void close() throws IOException {
    socket.close();
  }

  /** Resets the connection. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** Blocks, reading and dropping what comes, until the peer closes. */
  public void awaitPeerClose() throws IOException {
    keepAlive = false;
    reading(() -> in.untilClose(STEP, new RecordedBody(), WireReader.Pace.NONE));
  }

  /** Blocks, reading nothing, until the origin is closed. */
  public void hold() throws InterruptedException {
    await(new CountDownLatch(1));
  }

  /** Blocks, reading nothing, for so long. */
  public void hold(Duration time) throws InterruptedException {
    origin.hold(time);
  }

  /** Takes one byte off the socket, past whatever was read before; false at the end. */
  public boolean takeByte() throws IOException {
    return socket.getInputStream().read() >= 0;
  }

  /** Blocks, reading nothing, until {@code gate} is open or the origin is closed. */
  public void await(CountDownLatch gate) throws InterruptedException {
    origin.hold(gate);
  }

  private Framing framing() {
    if (WireReader.isChunked(headers)) {
      return Framing.CHUNKED;
    }
    return headers.contains("Content-Length") ? Framing.LENGTH : Framing.NONE;
  }

  private long length() {
    return headers.first("Content-Length").map(Long::parseLong).orElse(0L);
  }

  private void record(RecordedRequest.End end) {
    if (recorded) {
      return;
    }
    recorded = true;
    List<String> trailerHead = new ArrayList<>(List.of(""));
    trailerHead.addAll(trailers);
    origin.record(
        new RecordedRequest(
            origin.name(),
            head,
            headers,
            framing(),
            body.end(),
            WireReader.headers(trailerHead),
            end,
            id,
            ordinal));
  }

  /** Whatever ends a reading early is the peer's doing. */
  private void reading(Reading reading) throws IOException {
    try {
      reading.run();
    } catch (SocketException e) {
      record(RecordedRequest.End.RESET);
      throw e;
    } catch (IOException e) {
      record(RecordedRequest.End.CUT);
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @FunctionalInterface
  private interface Reading {
    void run() throws IOException, InterruptedException;
  }
}
