package io.espejo.testkit;

import static io.espejo.testkit.Frames.ACK;
import static io.espejo.testkit.Frames.DATA;
import static io.espejo.testkit.Frames.END_HEADERS;
import static io.espejo.testkit.Frames.END_STREAM;
import static io.espejo.testkit.Frames.GOAWAY;
import static io.espejo.testkit.Frames.HEADERS;
import static io.espejo.testkit.Frames.INITIAL_WINDOW_SIZE;
import static io.espejo.testkit.Frames.MAX_DATA;
import static io.espejo.testkit.Frames.PING;
import static io.espejo.testkit.Frames.RST_STREAM;
import static io.espejo.testkit.Frames.SETTINGS;
import static io.espejo.testkit.Frames.WINDOW_UPDATE;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.eclipse.jetty.http2.hpack.HpackException;

/**
 * A client that speaks HTTP/2 without TLS frame by frame on one connection, so that it can
 * misbehave in every way: it sends what it is told, whatever the server's windows, and grants no
 * window that it is not told to, but the connection's, which is as good as endless.
 *
 * <pre>{@code
 * try (FrameClient client = FrameClient.to(port, 65_535)) {
 *   FrameClient.Stream get = client.request(true, FrameClient.head("GET", "/"));
 *   get.awaitEnd();
 * }
 * }</pre>
 */
final class FrameClient implements AutoCloseable {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Where HPACK's static table has them; some servers take them from there only. */
  private static final Map<String, Integer> PSEUDO =
      Map.of(":authority", 1, ":method", 2, ":path", 4, ":scheme", 6, ":status", 8);

  private static final int CANCEL = 8;
  private static final int MAX_HEAD = 128 * 1024;

  private final Socket socket;
  private final OutputStream out;
  private final Map<Integer, Stream> streams = new ConcurrentHashMap<>();
  private final HpackDecoder decoder = new HpackDecoder(MAX_HEAD, System::nanoTime);
  private int nextId = 1;
  private volatile boolean over;

  private FrameClient(Socket socket) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
  }

  /**
   * Connects to a loopback port.
   *
   * @param window how much of each answer may come unasked
   */
  static FrameClient to(int port, int window) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    FrameClient client = new FrameClient(socket);
    client.out.write(PREFACE);
    client.write(
        SETTINGS,
        0,
        0,
        ByteBuffer.allocate(6).putShort((short) INITIAL_WINDOW_SIZE).putInt(window).array());
    client.write(WINDOW_UPDATE, 0, 0, number(1 << 30));
    Thread thread = new Thread(client::read, "frame-client");
    thread.setDaemon(true);
    thread.start();
    return client;
  }

  /** The lines of a plain request for {@code httpbin:8000}. */
  static String[] head(String method, String path, String... more) {
    String[] lines = new String[8 + more.length];
    System.arraycopy(
        new String[] {
          ":method", method, ":scheme", "http", ":path", path, ":authority", "httpbin:8000"
        },
        0,
        lines,
        0,
        8);
    System.arraycopy(more, 0, lines, 8, more.length);
    return lines;
  }

  /**
   * Sends the head of a request.
   *
   * @param last whether that is all
   * @param lines name, value, ...; as they are
   */
  Stream request(boolean last, String... lines) throws IOException {
    Stream stream = new Stream(nextId);
    nextId += 2;
    streams.put(stream.id, stream);
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < lines.length; i += 2) {
      // A literal that is not to be indexed; its name is one as well unless the table has it.
      int name = PSEUDO.getOrDefault(lines[i], 0);
      block.write(name);
      if (name == 0) {
        text(block, lines[i]);
      }
      text(block, lines[i + 1]);
    }
    write(HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream.id, block.toByteArray());
    return stream;
  }

  /** Whether the server has ended the connection, or said that it will. */
  boolean over() {
    return over;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static void text(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      for (; rest >= 128; rest >>= 7) {
        block.write(rest & 127 | 128);
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  private void write(int type, int flags, int id, byte[] content) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream(9 + content.length);
    frame.writeBytes(
        ByteBuffer.allocate(9)
            .putInt(content.length << 8 | type)
            .put((byte) flags)
            .putInt(id)
            .array());
    frame.writeBytes(content);
    synchronized (out) {
      out.write(frame.toByteArray());
    }
  }

  private void read() {
    try {
      DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      while (true) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int id = in.readInt() & Integer.MAX_VALUE;
        byte[] content = new byte[length];
        in.readFully(content);
        on(type, flags, id, content);
      }
    } catch (IOException | HpackException gone) {
      over = true;
    }
  }

  private void on(int type, int flags, int id, byte[] content) throws IOException, HpackException {
    switch (type) {
      case HEADERS -> {
        if ((flags & END_HEADERS) == 0) {
          throw new IOException("a head in more than one frame");
        }
        streams.get(id).onHead(decoder.decode(ByteBuffer.wrap(content)));
        streams.get(id).endIf(flags);
      }
      case DATA -> {
        streams.get(id).onData(content);
        streams.get(id).endIf(flags);
      }
      case RST_STREAM -> streams.get(id).reset = true;
      case SETTINGS -> {
        if ((flags & ACK) == 0) {
          write(SETTINGS, ACK, 0, new byte[0]);
        }
      }
      case PING -> {
        if ((flags & ACK) == 0) {
          write(PING, ACK, 0, content);
        }
      }
      case GOAWAY -> over = true;
      default -> {}
    }
  }

  /** One request, and what came back. */
  final class Stream {
    private final int id;
    private final RecordedBody body = new RecordedBody();
    private volatile long bytes;
    private volatile int status;
    private volatile HttpFields headers = HttpFields.EMPTY;
    private volatile boolean whole;
    private volatile boolean reset;

    private Stream(int id) {
      this.id = id;
    }

    private void onHead(MetaData head) {
      if (head instanceof MetaData.Response response && response.getStatus() >= 200) {
        headers = response.getHttpFields();
        status = response.getStatus();
      }
    }

    private void onData(byte[] content) {
      body.add(content, content.length);
      bytes = body.length();
    }

    private void endIf(int flags) {
      if ((flags & END_STREAM) != 0) {
        body.end();
        whole = true;
      }
    }

    /** So much of the request's body. */
    Stream data(byte[] content, boolean last) throws IOException {
      int from = 0;
      do {
        int to = Math.min(content.length, from + MAX_DATA);
        byte[] part = Arrays.copyOfRange(content, from, to);
        write(DATA, last && to == content.length ? END_STREAM : 0, id, part);
        from = to;
      } while (from < content.length);
      return this;
    }

    /** The client wants no more of it. */
    void cancel() throws IOException {
      write(RST_STREAM, 0, id, number(CANCEL));
    }

    /** So much more of the answer may come. */
    void grant(int bytes) throws IOException {
      write(WINDOW_UPDATE, 0, id, number(bytes));
    }

    /** Waits until the answer is whole, or none will come any more. */
    Stream awaitEnd() {
      TestBed.await("stream " + id + " ends", () -> whole || reset || over);
      return this;
    }

    /** The status of the answer; 0 before there is one. */
    int status() {
      return status;
    }

    HttpFields headers() {
      return headers;
    }

    /** How much of the answer's body has come. */
    long bytes() {
      return bytes;
    }

    /** What came of the answer's body; to be looked at once that is whole. */
    RecordedBody body() {
      return body;
    }

    boolean whole() {
      return whole;
    }

    /** Whether the server has reset it. */
    boolean reset() {
      return reset;
    }
  }
}
