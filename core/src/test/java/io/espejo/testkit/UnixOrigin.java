package io.espejo.testkit;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An origin on a Unix domain socket that answers each request without a body with its name. */
final class UnixOrigin implements AutoCloseable {
  private final String name;
  private final ServerSocketChannel server;
  private final LinkedBlockingQueue<List<String>> heads = new LinkedBlockingQueue<>();

  private UnixOrigin(String name, ServerSocketChannel server) {
    this.name = name;
    this.server = server;
  }

  static UnixOrigin start(String name, Path socket) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    UnixOrigin origin = new UnixOrigin(name, server);
    daemon("origin-" + name + "-accept", origin::accept);
    return origin;
  }

  /** The lines of the next request, waiting for it up to 5 s. */
  List<String> take() throws InterruptedException {
    List<String> head = heads.poll(5, TimeUnit.SECONDS);
    if (head == null) {
      throw new AssertionError(name + ": no request came");
    }
    return head;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel channel = server.accept();
        daemon("origin-" + name, () -> serve(channel));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(SocketChannel channel) {
    try (channel) {
      WireReader in = new WireReader(Channels.newInputStream(channel));
      while (in.awaitByte()) {
        List<String> head = new ArrayList<>();
        in.lines(head);
        heads.add(head);
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + name.length() + "\r\n\r\n" + name;
        channel.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.ISO_8859_1)));
      }
    } catch (IOException gone) {
      // The gateway has closed its connection.
    }
  }

  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }
}
