package io.espejo.testkit;

import static io.espejo.testkit.Frames.ACK;
import static io.espejo.testkit.Frames.DATA;
import static io.espejo.testkit.Frames.END_HEADERS;
import static io.espejo.testkit.Frames.END_STREAM;
import static io.espejo.testkit.Frames.GOAWAY;
import static io.espejo.testkit.Frames.HEADERS;
import static io.espejo.testkit.Frames.INITIAL_WINDOW_SIZE;
import static io.espejo.testkit.Frames.MAX_DATA;
import static io.espejo.testkit.Frames.MAX_HEADER_LIST_SIZE;
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
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An origin that speaks HTTP/2 without TLS frame by frame, so that it can misbehave in every way.
 *
 * <p>It reads no header lines: what matters is which streams come, on which connections, how much
 * of a body each has, and how it ends. Left to itself it answers every request with 200 and its
 * name, grants window for all that it reads, and closes no connection, not even one whose client
 * takes its leave.
 */
public final class FrameOrigin implements AutoCloseable {
  private static final int DEFAULT_WINDOW = 65_535;

  /** {@code :status: 200}, from HPACK's static table. */
  private static final byte[] STATUS_200 = {(byte) 0x88};

  private final String name;
  private final ServerSocket server;
  private final List<Connection> connections = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
  private final BlockingQueue<Behaviour> next = new LinkedBlockingQueue<>();
  private volatile Behaviour behaviour = new Behaviour() {};
  private volatile int initialWindow = DEFAULT_WINDOW;
  private volatile int maxHeaderListSize;
  private volatile boolean greeting = true;

  /** What it does with a stream; on the thread that reads the connection. */
  public interface Behaviour {
    /** Once the head is there. */
    default void onHead(Stream stream) throws IOException {}

    /** Once the request is whole. */
    default void onEnd(Stream stream) throws IOException {
      stream.answer();
    }
  }

  /** Something to do with a stream. */
  @FunctionalInterface
  public interface Action {
    void on(Stream stream) throws IOException;
  }

  private FrameOrigin(String name) throws IOException {
    this.name = name;
    this.server = new ServerSocket();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  public static FrameOrigin start(String name) throws IOException {
    FrameOrigin origin = new FrameOrigin(name);
    origin.run("accept", origin::accept);
    return origin;
  }

  /** Does this in place of an answer, once the request is whole. */
  public static Behaviour atEnd(Action action) {
    return new Behaviour() {
      @Override
      public void onEnd(Stream stream) throws IOException {
        action.on(stream);
      }
    };
  }

  /** Does this once it has the head, and answers nothing. */
  public static Behaviour atHead(Action action) {
    return new Behaviour() {
      @Override
      public void onHead(Stream stream) throws IOException {
        action.on(stream);
      }

      @Override
      public void onEnd(Stream stream) {}
    };
  }

  /** What it does with every stream from now on. */
  public void behave(Behaviour now) {
    behaviour = now;
  }

  /** What it does with the next stream alone. */
  public void behaveOnce(Behaviour once) {
    next.add(once);
  }

  /** How much of a body it lets come unasked, on connections from now on. */
  public void initialWindow(int bytes) {
    initialWindow = bytes;
  }

  /** How large a head it says to take, on connections from now on; 0 for nothing said. */
  public void maxHeaderListSize(int bytes) {
    maxHeaderListSize = bytes;
  }

  /** Whether it says anything on new connections from now on: that it speaks HTTP/2, for one. */
  public void greet(boolean now) {
    greeting = now;
  }

  public int port() {
    return server.getLocalPort();
  }

  /** How many connections have come. */
  public int connections() {
    return connections.size();
  }

  /** How many of them are open. */
  public int openConnections() {
    return (int) connections.stream().filter(connection -> !connection.ended).count();
  }

  /** The next stream, waiting for it up to 5 s. */
  public Stream take() throws InterruptedException {
    Stream stream = streams.poll(Duration.ofSeconds(5).toMillis(), TimeUnit.MILLISECONDS);
    if (stream == null) {
      throw new AssertionError(name + ": no stream came");
    }
    return stream;
  }

  /** Whether a stream came that nobody has taken. */
  public boolean hasMore() {
    return !streams.isEmpty();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Connection connection : connections) {
      connection.reading.countDown();
      connection.socket.close();
    }
  }

  private void run(String what, Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException gone) {
                // The other side, or the test, has ended it.
              }
            },
            name + "-" + what);
    thread.setDaemon(true);
    thread.start();
  }

  @FunctionalInterface
  private interface Task {
    void run() throws IOException;
  }

  private void accept() throws IOException {
    while (true) {
      Connection connection = new Connection(server.accept());
      connections.add(connection);
      run("connection", connection::read);
    }
  }

  /** One request as it came. */
  public final class Stream {
    private final Connection connection;
    private final int id;
    private final Behaviour what;
    private volatile long bytes;
    private volatile boolean whole;
    private volatile boolean reset;
    private volatile boolean frozen;

    // Guarded by the connection.
    private long window;

    private Stream(Connection connection, int id, Behaviour what) {
      this.connection = connection;
      this.id = id;
      this.what = what;
      this.window = connection.initialSendWindow;
    }

    public int id() {
      return id;
    }

    /** How much of its body has come. */
    public long bytes() {
      return bytes;
    }

    /** Whether its end has come. */
    public boolean whole() {
      return whole;
    }

    /** Whether the client has reset it. */
    public boolean wasReset() {
      return reset;
    }

    /** Whether both came on one connection. */
    public boolean sharesConnectionWith(Stream other) {
      return connection == other.connection;
    }

    /** Whether the client has closed the connection, as far as that was read. */
    public boolean connectionEnded() {
      return connection.ended;
    }

    /** Grants no more window to it; what it sends still counts for the connection's. */
    public void freeze() {
      frozen = true;
    }

    /** 200 with the origin's name. */
    public void answer() throws IOException {
      head();
      data(name.getBytes(StandardCharsets.UTF_8), true);
    }

    /** 200, and more to come. */
    public void head() throws IOException {
      connection.write(HEADERS, END_HEADERS, id, STATUS_200);
    }

    /** So much of the answer, whatever the client's window. */
    public void data(byte[] content, boolean last) throws IOException {
      connection.write(DATA, last ? END_STREAM : 0, id, content);
    }

    /** Anything at all. */
    public void frame(int type, int flags, byte[] content) throws IOException {
      connection.write(type, flags, id, content);
    }

    public void reset(int code) throws IOException {
      connection.write(RST_STREAM, 0, id, ByteBuffer.allocate(4).putInt(code).array());
    }

    /** Says that the connection is at its end, and that later streams were not looked at. */
    public void goAway(int lastStream) throws IOException {
      byte[] content = ByteBuffer.allocate(8).putInt(lastStream).putInt(0).array();
      connection.write(GOAWAY, 0, 0, content);
    }

    /** Says nothing more on the connection, whatever comes, as if its host were gone. */
    public void fallSilent() {
      connection.silent = true;
    }

    /** The same, and reads nothing more before {@link #readAgain}. */
    public void stopReading() {
      connection.silent = true;
      connection.reading = new CountDownLatch(1);
    }

    /** Reads what has come meanwhile. */
    public void readAgain() {
      connection.reading.countDown();
    }

    /** Ends the connection, for all of its streams. */
    public void closeConnection() throws IOException {
      connection.socket.close();
    }

    /** Sends nothing more on the connection, and reads on. */
    public void finishConnection() throws IOException {
      connection.socket.shutdownOutput();
    }

    /** Answers without end, as fast as the client's window lets it, until the stream is reset. */
    public void answerEndlessly() throws IOException {
      head();
      run("endless", () -> connection.fill(this));
    }
  }

  private final class Connection {
    private final Socket socket;
    private final OutputStream out;
    private final Map<Integer, Stream> known = new HashMap<>();
    private volatile boolean silent = !greeting;
    private volatile CountDownLatch reading = new CountDownLatch(0);
    private volatile boolean ended;

    // Guarded by this.
    private long sendWindow = DEFAULT_WINDOW;
    private long initialSendWindow = DEFAULT_WINDOW;

    Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.out = socket.getOutputStream();
    }

    void read() throws IOException {
      try {
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        in.readFully(new byte[24]);
        if (!silent) {
          ByteBuffer said = ByteBuffer.allocate(maxHeaderListSize > 0 ? 12 : 6);
          said.putShort((short) INITIAL_WINDOW_SIZE).putInt(initialWindow);
          if (said.hasRemaining()) {
            said.putShort((short) MAX_HEADER_LIST_SIZE).putInt(maxHeaderListSize);
          }
          write(SETTINGS, 0, 0, said.array());
          if (initialWindow > DEFAULT_WINDOW) {
            grant(0, initialWindow - DEFAULT_WINDOW);
          }
        }
        while (true) {
          reading.await();
          int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
          int type = in.readUnsignedByte();
          int flags = in.readUnsignedByte();
          int id = in.readInt() & Integer.MAX_VALUE;
          byte[] content = new byte[length];
          in.readFully(content);
          if (!silent) {
            on(type, flags, id, content);
          }
        }
      } catch (IOException | InterruptedException gone) {
        socket.close();
      } finally {
        synchronized (this) {
          ended = true;
          notifyAll();
        }
      }
    }

    private void on(int type, int flags, int id, byte[] content) throws IOException {
      switch (type) {
        case HEADERS -> {
          Stream stream = known.get(id);
          if (stream == null) {
            Behaviour once = next.poll();
            stream = new Stream(this, id, once == null ? behaviour : once);
            synchronized (this) {
              known.put(id, stream);
            }
            streams.add(stream);
            stream.what.onHead(stream);
          }
          endIf(flags, stream);
        }
        case DATA -> {
          Stream stream = known.get(id);
          stream.bytes += content.length;
          if (content.length > 0) {
            grant(0, content.length);
            if (!stream.frozen && initialWindow > 0) {
              grant(id, content.length);
            }
          }
          endIf(flags, stream);
        }
        case RST_STREAM -> {
          synchronized (this) {
            known.get(id).reset = true;
            notifyAll();
          }
        }
        case SETTINGS -> {
          if ((flags & ACK) == 0) {
            take(ByteBuffer.wrap(content));
            write(SETTINGS, ACK, 0, new byte[0]);
          }
        }
        case PING -> {
          if ((flags & ACK) == 0) {
            write(PING, ACK, 0, content);
          }
        }
        case WINDOW_UPDATE -> {
          synchronized (this) {
            int more = ByteBuffer.wrap(content).getInt();
            if (id == 0) {
              sendWindow += more;
            } else if (known.containsKey(id)) {
              known.get(id).window += more;
            }
            notifyAll();
          }
        }
        default -> {}
      }
    }

    private void endIf(int flags, Stream stream) throws IOException {
      if ((flags & END_STREAM) != 0) {
        stream.whole = true;
        stream.what.onEnd(stream);
      }
    }

    private synchronized void take(ByteBuffer settings) {
      while (settings.hasRemaining()) {
        short key = settings.getShort();
        int value = settings.getInt();
        if (key == INITIAL_WINDOW_SIZE) {
          initialSendWindow = value;
        }
      }
    }

    private void grant(int id, int bytes) throws IOException {
      write(WINDOW_UPDATE, 0, id, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    private void fill(Stream stream) throws IOException {
      byte[] content = new byte[MAX_DATA];
      while (true) {
        synchronized (this) {
          while (Math.min(sendWindow, stream.window) < MAX_DATA && !ended && !stream.reset) {
            try {
              wait();
            } catch (InterruptedException e) {
              throw new SocketException("interrupted");
            }
          }
          if (ended || stream.reset) {
            return;
          }
          sendWindow -= MAX_DATA;
          stream.window -= MAX_DATA;
        }
        stream.data(content, false);
      }
    }

    private void write(int type, int flags, int id, byte[] content) throws IOException {
      ByteArrayOutputStream frame = new ByteArrayOutputStream();
      frame.writeBytes(
          ByteBuffer.allocate(9)
              .putInt(content.length << 8 | type)
              .put((byte) flags)
              .putInt(id)
              .array());
      frame.writeBytes(content);
      synchronized (out) {
        out.write(frame.toByteArray());
        out.flush();
      }
    }
  }
}
