package io.espejo.servlet;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * v1's answer on its way through a servlet response.
 *
 * <p>What fits the response's buffer is put there at once, which cannot block; an answer that is
 * whole by then needs no {@link WriteListener}. All else is written when the container is ready.
 */
final class ServletDownstreamResponse implements DownstreamResponse {
  /** The request attribute that tells the filter, dispatched to again, to break the connection. */
  static final String BROKEN = "io.espejo.broken";

  /** What an answer may have, in bytes, and be written without a listener. */
  static final int BUFFER_SIZE = 32 * 1024;

  private final AsyncContext async;
  private final Completion completion;
  private final Lease lease;
  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final EarlyHints hints;
  private final boolean openLiberty;

  // Only the one caller of DownstreamResponse touches these.
  private int buffered;
  private @Nullable NonBlockingOutput output;

  /** A container that is not made to send the head before the end of nothing says 0 bytes. */
  private boolean lengthUntold;

  /** Open Liberty tells the length of what it still has whole at the end, unless it has nothing. */
  private boolean unbuffered;

  /** Whether the container passes over the next flush: Open Liberty does if nothing is written. */
  private boolean flushIgnored;

  /** Whether the container does not take an answer any more. */
  private boolean refused;

  private volatile Map<String, String> trailers = Map.of();

  // Guarded by this.
  private boolean started;
  private boolean ended;

  /** What is to happen once the hints under way are with the container; null when none are. */
  private @Nullable Queue<Runnable> afterHints;

  ServletDownstreamResponse(
      AsyncContext async,
      Completion completion,
      HttpServletRequest request,
      HttpServletResponse response,
      EarlyHints hints,
      Container container) {
    this.async = async;
    this.completion = completion;
    this.lease = completion.lease();
    this.request = request;
    this.response = response;
    this.hints = hints;
    this.openLiberty = container == Container.OPEN_LIBERTY;
    this.flushIgnored = openLiberty;
  }

  /** On a thread of the container, which blocks while the client reads nothing. */
  @Override
  public boolean earlyHints(Headers headers) {
    synchronized (this) {
      if (started
          || ended
          || afterHints != null
          || request.getProtocol().equals("HTTP/1.0")
          || !hints.takePlace()) {
        return false;
      }
      afterHints = new ArrayDeque<>();
    }
    try {
      async.start(() -> send(headers));
      return true;
    } catch (RuntimeException over) {
      endHints();
      return false;
    }
  }

  private void send(Headers headers) {
    if (lease.enter()) {
      try {
        EarlyHints.send(headers, response);
      } catch (IOException | RuntimeException gone) {
        // So the answer will find.
      } finally {
        lease.exit();
      }
    }
    endHints();
  }

  private void endHints() {
    hints.leavePlace();
    while (true) {
      Runnable next;
      synchronized (this) {
        next = afterHints == null ? null : afterHints.poll();
        if (next == null) {
          afterHints = null;
          return;
        }
      }
      next.run();
    }
  }

  /** Whether the hints under way must end first, and this then follows. */
  private synchronized boolean isAfterHints(Runnable action) {
    started = true;
    return afterHints != null && afterHints.add(action);
  }

  @Override
  public void start(int status, Headers headers) {
    if (!isAfterHints(() -> startNow(status, headers))) {
      startNow(status, headers);
    }
  }

  private void startNow(int status, Headers headers) {
    // Tomcat itself has answered a client whose body it could not read.
    refused = !lease.call(() -> put(status, headers));
  }

  private void put(int status, Headers headers) {
    head(response, status, headers);
    if (openLiberty && !fitsBuffer(headers)) {
      response.setBufferSize(1);
      unbuffered = true;
    }
    if (headers.contains("content-length")) {
      return;
    }
    if (isBodiless(status)) {
      // Open Liberty would never end the stream.
      lengthUntold = !openLiberty && request.getProtocol().startsWith("HTTP/2");
      return;
    }
    boolean head = request.getMethod().equals("HEAD");
    boolean chunks = !head && !request.getProtocol().equals("HTTP/1.0");
    lengthUntold = head || chunks;
    if (chunks) {
      // A container also keeps an answer in chunks then, however small it is.
      response.setTrailerFields(() -> trailers);
    }
  }

  private static boolean isBodiless(int status) {
    return status == 204 || status == 205 || status == 304;
  }

  private static boolean fitsBuffer(Headers headers) {
    return headers
        .first("content-length")
        .filter(length -> Long.parseLong(length.trim()) <= BUFFER_SIZE)
        .isPresent();
  }

  @Override
  public void trailers(Headers fields) {
    Map<String, String> combined = new LinkedHashMap<>();
    for (int line = 0; line < fields.size(); line++) {
      combined.merge(fields.name(line), fields.value(line), (one, next) -> one + ", " + next);
    }
    trailers = combined;
  }

  /** Sets status and headers as they are: what containers know better, they are told by name. */
  static void head(HttpServletResponse response, int status, Headers headers) {
    response.setStatus(status);
    response.setBufferSize(BUFFER_SIZE);
    for (int line = 0; line < headers.size(); line++) {
      String name = headers.name(line);
      String value = headers.value(line);
      if (name.equalsIgnoreCase("content-length")) {
        response.setContentLengthLong(Long.parseLong(value.trim()));
      } else if (name.equalsIgnoreCase("content-type")) {
        contentType(response, value);
      } else if (name.equalsIgnoreCase("date") || name.equalsIgnoreCase("server")) {
        response.setHeader(name, value);
      } else {
        response.addHeader(name, value);
      }
    }
  }

  private static void contentType(HttpServletResponse response, String value) {
    response.setContentType(value);
    if (!value.equals(response.getContentType())
        && !value.toLowerCase(Locale.ROOT).contains("charset")) {
      // Jetty for Jakarta EE 11 has put one there that it infers.
      response.setCharacterEncoding(null);
    }
  }

  @Override
  public void write(ByteBuffer bytes, boolean last, Callback callback) {
    if (!isAfterHints(() -> writeNow(bytes, last, callback))) {
      writeNow(bytes, last, callback);
    }
  }

  private void writeNow(ByteBuffer bytes, boolean last, Callback callback) {
    if (refused) {
      callback.failed(Lease.over());
      return;
    }
    lengthUntold &= !bytes.hasRemaining();
    if (last && lengthUntold) {
      flushNow(completing(callback));
      return;
    }
    if (output != null
        || (unbuffered && bytes.hasRemaining())
        || buffered + bytes.remaining() > BUFFER_SIZE
        || (last && completion.isHazardous())) {
      Callback then = last ? completing(callback) : callback;
      nonBlocking(then, to -> to.write(bytes, then));
      return;
    }
    buffered += bytes.remaining();
    if (bytes.hasRemaining()) {
      try {
        buffer(bytes);
      } catch (IOException | RuntimeException gone) {
        callback.failed(gone);
        return;
      }
    }
    if (last) {
      complete();
    }
    callback.succeeded();
  }

  private void buffer(ByteBuffer bytes) throws IOException {
    if (!lease.enter()) {
      throw Lease.over();
    }
    try {
      NonBlockingOutput.put(bytes, response.getOutputStream());
    } finally {
      lease.exit();
    }
  }

  private Callback completing(Callback callback) {
    return then(
        () -> {
          complete();
          callback.succeeded();
        },
        callback);
  }

  /** What follows a success, where a failure is the callback's. */
  private static Callback then(Runnable action, Callback callback) {
    return new Callback() {
      @Override
      public void succeeded() {
        action.run();
      }

      @Override
      public void failed(Throwable cause) {
        callback.failed(cause);
      }
    };
  }

  @Override
  public void flush(Callback callback) {
    if (!isAfterHints(() -> flushNow(callback))) {
      flushNow(callback);
    }
  }

  private void flushNow(Callback callback) {
    if (refused) {
      callback.failed(Lease.over());
      return;
    }
    if (flushIgnored) {
      flushIgnored = false;
      nonBlocking(callback, to -> to.flush(then(() -> to.flush(callback), callback)));
    } else {
      nonBlocking(callback, to -> to.flush(callback));
    }
  }

  private void nonBlocking(Callback callback, Consumer<NonBlockingOutput> action) {
    NonBlockingOutput known = output;
    try {
      if (known == null) {
        known = new NonBlockingOutput(response.getOutputStream(), lease);
        output = known;
        completion.tell(known::fail);
      }
      if (openLiberty) {
        // It blocks in each write all the same, and v1's threads are few.
        NonBlockingOutput to = known;
        async.start(() -> action.accept(to));
        return;
      }
    } catch (IOException | RuntimeException gone) {
      callback.failed(gone);
      return;
    }
    action.accept(known);
  }

  private void complete() {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    if (output != null && output.isCalled()) {
      completion.now();
    } else {
      completion.soon();
    }
  }

  @Override
  public void upgrade(Headers headers, Upgrade upgrade) {
    if (!isAfterHints(() -> upgradeNow(headers, upgrade))) {
      upgradeNow(headers, upgrade);
    }
  }

  private void upgradeNow(Headers headers, Upgrade upgrade) {
    // Only the container's own thread may do it.
    boolean dispatched =
        lease.call(
            () -> {
              request.setAttribute(ProtocolSwitch.ATTRIBUTE, new ProtocolSwitch(headers, upgrade));
              async.dispatch();
            });
    if (!dispatched) {
      upgrade.failed(Lease.over());
    }
  }

  @Override
  public void abort(Throwable cause) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    breakConnection();
  }

  /** Once no other call is under way: the container has the request back then. */
  private void breakConnection() {
    if (!lease.end(this::breakConnection)) {
      return;
    }
    try {
      if (!isBrokenByError()) {
        request.setAttribute(BROKEN, true);
        async.dispatch();
      }
    } catch (RuntimeException ended) {
      // By the container itself.
    } finally {
      lease.exit();
    }
  }

  /** Jetty's own way; other containers refuse it. */
  private boolean isBrokenByError() {
    try {
      response.sendError(-1);
      async.complete();
      return true;
    } catch (IOException | RuntimeException refused) {
      return false;
    }
  }
}
