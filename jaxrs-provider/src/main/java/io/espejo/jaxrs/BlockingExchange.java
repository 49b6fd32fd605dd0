package io.espejo.jaxrs;

import io.espejo.Espejo;
import io.espejo.Verdict;
import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with v1 on the thread that brought the request, which reads and writes for it and
 * otherwise waits: until the head of v1's answer is there, and again while the runtime has it write
 * the body.
 */
final class BlockingExchange implements RequestBody, DownstreamResponse {
  /** How long v1 may be silent before the client is listened to instead, in milliseconds. */
  private static final long SILENCE = 50;

  private final InputStream input;
  private final ChunkPool pool;
  private final ServletFacts facts;
  private final boolean measured;

  // Touched by the request's thread alone.
  private long left;

  // Guarded by this.
  private final Queue<Write> writes = new ArrayDeque<>();
  private BodyChunk chunk = BodyChunk.NOT_YET;
  private @Nullable BodyChunk end;
  private @Nullable Runnable demand;
  private boolean unwanted;
  private int status;
  private Headers headers = Headers.EMPTY;
  private @Nullable Throwable broken;

  /** What v1's leg wants to be done with the answer; without bytes: a flush. */
  private record Write(@Nullable ByteBuffer bytes, boolean last, Callback callback) {}

  private BlockingExchange(InputStream input, ChunkPool pool, Headers headers, ServletFacts facts) {
    this.input = input;
    this.pool = pool;
    this.facts = facts;
    long length =
        headers.contains("transfer-encoding")
            ? -1
            : headers.first("content-length").map(String::trim).map(Long::parseLong).orElse(-1L);
    this.measured = length >= 0;
    this.left = measured ? length : Long.MAX_VALUE;
  }

  /** What is to be answered instead of what a resource would. */
  static Response answer(
      Espejo espejo,
      Verdict verdict,
      JaxRsDownstreamRequest downstream,
      ContainerRequestContext request,
      ServletFacts facts) {
    if (verdict instanceof Verdict.Answer local) {
      return local(local.status(), local.headers(), local.body().toArray());
    }
    if (verdict instanceof Verdict.Forward forward) {
      BlockingExchange exchange =
          new BlockingExchange(
              request.getEntityStream(), espejo.chunks(), downstream.headers(), facts);
      espejo.forward(forward, downstream, exchange, exchange);
      return exchange.answer(request.getMethod());
    }
    throw new IllegalStateException("answered by the application: " + verdict);
  }

  /** Jersey has the container write a page for an error that has no entity. */
  private static Response local(int status, Headers headers, byte[] body) {
    Response.ResponseBuilder answer = head(status, headers);
    return body.length == 0 && status < 400
        ? answer.build()
        : answer.header("Content-Length", body.length).entity(body).build();
  }

  private Response answer(String method) {
    try {
      awaitHead();
    } catch (IOException interrupted) {
      giveUp(interrupted);
      return local(503, Headers.EMPTY, new byte[0]);
    }
    int known;
    Headers lines;
    synchronized (this) {
      if (writes.isEmpty()) {
        // It broke off before a byte of its body was there.
        return local(502, Headers.EMPTY, new byte[0]);
      }
      known = status;
      lines = headers;
    }
    Response.ResponseBuilder answer = head(known, lines);
    boolean head = method.equals("HEAD");
    if (head || known == 204 || known == 205 || known == 304) {
      try {
        copyTo(OutputStream.nullOutputStream());
      } catch (IOException brokenOff) {
        // There was nothing to come.
      }
      // CXF, and containers, would say 0 bytes of a HEAD that has nothing written.
      return head
          ? answer.entity((StreamingOutput) BlockingExchange::flush).build()
          : answer.build();
    }
    return answer.entity((StreamingOutput) this::copyTo).build();
  }

  /** Jersey sends the head only when something is written, be it nothing. */
  private static void flush(OutputStream output) throws IOException {
    output.write(new byte[0]);
    output.flush();
  }

  private static Response.ResponseBuilder head(int status, Headers headers) {
    Response.ResponseBuilder answer = Response.status(status);
    for (int line = 0; line < headers.size(); line++) {
      answer.header(headers.name(line), headers.value(line));
    }
    return answer;
  }

  private void awaitHead() throws IOException {
    while (true) {
      synchronized (this) {
        // A head is followed by something at once.
        while (writes.isEmpty() && broken == null && (status != 0 || !wantsChunk())) {
          await(0);
        }
        if (!writes.isEmpty() || broken != null) {
          return;
        }
      }
      readChunk();
    }
  }

  private void copyTo(OutputStream output) throws IOException {
    boolean chunked;
    synchronized (this) {
      chunked = !headers.contains("content-length");
    }
    try {
      while (true) {
        Write next = nextOrBreakOff(output);
        if (next == null) {
          readChunk();
        } else if (write(next, output)) {
          if (chunked) {
            // Else a container that has not sent the head yet would tell the length.
            flush(output);
          }
          return;
        }
      }
    } catch (IOException | RuntimeException gone) {
      giveUp(gone);
      throw gone;
    }
  }

  private @Nullable Write nextOrBreakOff(OutputStream output) throws IOException {
    try {
      return nextWrite();
    } catch (IOException broken) {
      facts.breakOff();
      // Else what lies in a buffer gives way to an answer that tells of an error.
      flush(output);
      throw broken;
    }
  }

  /** Or null, when it is time to listen to the client. */
  private synchronized @Nullable Write nextWrite() throws IOException {
    while (true) {
      Write next = writes.poll();
      if (next != null) {
        return next;
      }
      if (broken != null) {
        throw new IOException("v1's answer broke off", broken);
      }
      boolean wants = wantsChunk();
      if (wants && input.available() > 0) {
        return null;
      }
      await(wants ? SILENCE : 0);
      if (wants && writes.isEmpty() && broken == null) {
        return null;
      }
    }
  }

  private static boolean write(Write next, OutputStream output) throws IOException {
    ByteBuffer bytes = next.bytes();
    try {
      if (bytes == null) {
        flush(output);
      } else if (bytes.hasArray()) {
        output.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
      } else {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        output.write(copy);
      }
    } catch (IOException | RuntimeException gone) {
      next.callback().failed(gone);
      throw gone;
    }
    next.callback().succeeded();
    return next.last();
  }

  /** Nobody will write what is left of the answer, nor read the body. */
  private void giveUp(Throwable cause) {
    Queue<Write> unwritten;
    Runnable demanded;
    synchronized (this) {
      unwritten = new ArrayDeque<>(writes);
      writes.clear();
      broken = broken == null ? cause : broken;
      end = end == null ? BodyChunk.failed(cause) : end;
      demanded = demand;
      demand = null;
    }
    unwritten.forEach(write -> write.callback().failed(cause));
    if (demanded != null) {
      demanded.run();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // whoever calls it looks again
  private void await(long millis) throws IOException {
    try {
      wait(millis);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while v1 was waited for");
    }
  }

  private boolean wantsChunk() {
    return demand != null && chunk == BodyChunk.NOT_YET && end == null && !unwanted;
  }

  /** Blocks until the client has sent something more of the body, and takes what is here of it. */
  private void readChunk() {
    byte[] buffer = pool.take();
    int length = 0;
    BodyChunk ending = null;
    try {
      do {
        int read =
            left == 0
                ? -1
                : input.read(buffer, length, (int) Math.min(left, buffer.length - length));
        if (read >= 0) {
          length += read;
          left -= read;
        }
        if (read < 0 || left == 0) {
          ending =
              measured && left > 0
                  ? BodyChunk.failed(new EOFException("body cut short"))
                  : BodyChunk.END;
        }
      } while (ending == null && length < buffer.length && input.available() > 0);
    } catch (IOException | RuntimeException gone) {
      ending = BodyChunk.failed(gone);
    }
    if (length == 0) {
      pool.give(buffer);
    }
    Runnable demanded;
    synchronized (this) {
      if (length > 0) {
        BodyChunk read = BodyChunk.pooled(pool, buffer, length, ending == BodyChunk.END);
        if (unwanted) {
          read.release();
          return;
        }
        chunk = read;
      }
      end = end == null ? ending : end;
      demanded = demand;
      demand = null;
    }
    if (demanded != null) {
      demanded.run();
    }
  }

  @Override
  public void open() {
    // The thread that waits reads what is demanded.
  }

  @Override
  public synchronized BodyChunk read() {
    BodyChunk next = chunk;
    if (next != BodyChunk.NOT_YET) {
      chunk = BodyChunk.NOT_YET;
      return next;
    }
    return end != null ? end : BodyChunk.NOT_YET;
  }

  @Override
  public void demand(Runnable onReadable) {
    synchronized (this) {
      if (chunk == BodyChunk.NOT_YET && end == null) {
        demand = onReadable;
        notifyAll();
        return;
      }
    }
    onReadable.run();
  }

  @Override
  public synchronized void fail(Throwable cause) {
    unwanted = true;
    demand = null;
    chunk.release();
    chunk = BodyChunk.NOT_YET;
    end = end == null ? BodyChunk.failed(cause) : end;
    notifyAll();
  }

  @Override
  public Headers trailers() {
    return Headers.EMPTY;
  }

  @Override
  public synchronized void start(int status, Headers headers) {
    this.status = status;
    this.headers = headers;
    notifyAll();
  }

  @Override
  public void write(ByteBuffer bytes, boolean last, Callback callback) {
    add(new Write(bytes, last, callback));
  }

  @Override
  public void flush(Callback callback) {
    add(new Write(null, false, callback));
  }

  private void add(Write write) {
    Throwable cause;
    synchronized (this) {
      cause = broken;
      if (cause == null) {
        writes.add(write);
        notifyAll();
      }
    }
    if (cause != null) {
      write.callback().failed(cause);
    }
  }

  @Override
  public void trailers(Headers trailers) {
    // JAX-RS has none.
  }

  @Override
  public void upgrade(Headers headers, Upgrade upgrade) {
    start(Response.Status.NOT_IMPLEMENTED.getStatusCode(), Headers.EMPTY);
    write(ByteBuffer.allocate(0), true, Callback.forLast(this));
    upgrade.failed(new IOException("JAX-RS cannot leave HTTP"));
  }

  @Override
  public synchronized void abort(Throwable cause) {
    broken = cause;
    notifyAll();
  }
}
