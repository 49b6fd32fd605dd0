package io.espejo.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.server.RawHTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** An origin that speaks HTTP/2 without TLS, and answers 200 with its name. */
final class H2cOrigin implements AutoCloseable {
  private final String name;
  private final Server server = new Server();
  private final ServerConnector connector;
  private final LinkedBlockingQueue<Seen> requests = new LinkedBlockingQueue<>();
  private final AtomicInteger refusals = new AtomicInteger();

  /** A request that came whole. */
  record Seen(String method, String target, String authority, HttpFields headers, String body) {}

  private H2cOrigin(String name) {
    this.name = name;
    this.connector =
        new ServerConnector(server, new RawHTTP2ServerConnectionFactory(new Listener()));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
  }

  static H2cOrigin start(String name) throws Exception {
    H2cOrigin origin = new H2cOrigin(name);
    origin.server.start();
    return origin;
  }

  int port() {
    return connector.getLocalPort();
  }

  /** Resets the next streams as ones that it has done nothing for. */
  void refuse(int streams) {
    refusals.set(streams);
  }

  /** The next request, waiting for it up to 5 s. */
  Seen take() throws InterruptedException {
    Seen seen = requests.poll(Duration.ofSeconds(5).toMillis(), TimeUnit.MILLISECONDS);
    if (seen == null) {
      throw new AssertionError(name + ": no request came");
    }
    return seen;
  }

  @Override
  public void close() throws Exception {
    server.stop();
  }

  private final class Listener implements ServerSessionListener {
    @Override
    public Stream.@Nullable Listener onNewStream(Stream stream, HeadersFrame frame) {
      if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        stream.reset(
            new ResetFrame(stream.getId(), ErrorCode.REFUSED_STREAM_ERROR.code), Callback.NOOP);
        return null;
      }
      Body body = new Body((MetaData.Request) frame.getMetaData());
      if (frame.isEndStream()) {
        body.whole(stream);
      } else {
        stream.demand();
      }
      return body;
    }
  }

  private final class Body implements Stream.Listener {
    private final MetaData.Request head;
    private final StringBuilder text = new StringBuilder();

    Body(MetaData.Request head) {
      this.head = head;
    }

    @Override
    public void onDataAvailable(Stream stream) {
      Stream.Data data = stream.readData();
      if (data == null) {
        stream.demand();
        return;
      }
      text.append(StandardCharsets.ISO_8859_1.decode(data.frame().getByteBuffer()));
      boolean last = data.frame().isEndStream();
      data.release();
      if (last) {
        whole(stream);
      } else {
        stream.demand();
      }
    }

    @Override
    public void onHeaders(Stream stream, HeadersFrame trailers) {
      whole(stream);
    }

    private void whole(Stream stream) {
      requests.add(
          new Seen(
              head.getMethod(),
              head.getHttpURI().getPathQuery(),
              head.getHttpURI().getAuthority(),
              head.getHttpFields(),
              text.toString()));
      MetaData.Response answer =
          new MetaData.Response(200, null, HttpVersion.HTTP_2, HttpFields.EMPTY);
      ByteBuffer bytes = ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8));
      stream
          .headers(new HeadersFrame(stream.getId(), answer, null, false))
          .thenAccept(s -> s.data(new DataFrame(s.getId(), bytes, true), Callback.NOOP));
    }
  }
}
