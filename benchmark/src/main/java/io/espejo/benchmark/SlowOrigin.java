package io.espejo.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * A v2 that takes its time: each GET is answered a while after its head is there. One thread serves
 * every connection, so that thousands may wait.
 *
 * <pre>{@code
 * java -cp benchmark/target/benchmarks.jar io.espejo.benchmark.SlowOrigin --port 8082 --millis 2000
 * }</pre>
 */
public final class SlowOrigin {
  private static final byte[] END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ANSWER =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nslow\n".getBytes(StandardCharsets.US_ASCII);

  /** An answer that is owed; all are owed after the same time, so the first is due first. */
  private record Owed(SocketChannel channel, long dueNanos) {}

  private final Selector selector = Selector.open();
  private final Deque<Owed> owed = new ArrayDeque<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
  private final long delayNanos;

  private SlowOrigin(int port, int millis) throws IOException {
    delayNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 4096);
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  public static void main(String[] arguments) throws IOException {
    Arguments given = Arguments.of(arguments);
    new SlowOrigin(given.number("port"), given.number("millis")).serve();
  }

  private void serve() throws IOException {
    while (true) {
      selector.select(this::ready, owed.isEmpty() ? 0 : millisUntil(owed.element().dueNanos()));
      while (!owed.isEmpty() && owed.element().dueNanos() - System.nanoTime() <= 0) {
        answer(owed.remove().channel());
      }
    }
  }

  private static long millisUntil(long nanos) {
    return Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime()));
  }

  private void ready(SelectionKey key) {
    try {
      if (key.isAcceptable()) {
        SocketChannel channel = ((ServerSocketChannel) key.channel()).accept();
        channel.configureBlocking(false);
        // How much of the end of a head is there.
        channel.register(selector, SelectionKey.OP_READ, new int[1]);
      } else {
        read((SocketChannel) key.channel(), (int[]) key.attachment());
      }
    } catch (IOException gone) {
      close(key);
    }
  }

  private void read(SocketChannel channel, int[] matched) throws IOException {
    buffer.clear();
    if (channel.read(buffer) < 0) {
      throw new ClosedChannelException();
    }
    buffer.flip();
    while (buffer.hasRemaining()) {
      byte next = buffer.get();
      matched[0] = next == END[matched[0]] ? matched[0] + 1 : next == END[0] ? 1 : 0;
      if (matched[0] == END.length) {
        matched[0] = 0;
        owed.add(new Owed(channel, System.nanoTime() + delayNanos));
      }
    }
  }

  private void answer(SocketChannel channel) {
    try {
      channel.write(ByteBuffer.wrap(ANSWER));
    } catch (IOException gone) {
      SelectionKey key = channel.keyFor(selector);
      if (key != null) {
        close(key);
      }
    }
  }

  private static void close(SelectionKey key) {
    key.cancel();
    try {
      key.channel().close();
    } catch (IOException ignored) {
      // It is gone.
    }
  }
}
