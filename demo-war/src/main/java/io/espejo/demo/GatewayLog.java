package io.espejo.demo;

import io.espejo.Verdict;
import io.espejo.exchange.MirrorListener;
import io.espejo.exchange.Outcome;
import io.espejo.exchange.RateLimitedLog;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.NanoTime;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's access log: a line for each request once it is answered, and one for each of its
 * copies once that has its outcome, which have the request's id in common.
 *
 * <pre>{@code
 * 2026-11-23T08:44:06.123Z request 0b7c... 127.0.0.1 "GET /headers HTTP/1.1" 200 107 1532us
 *     route=... cluster=outbound|8000|v1|... endpoint=127.0.0.1:8081 copies=1/1
 * 2026-11-23T08:44:06.125Z copy 0b7c... route=... cluster=outbound|8000|v2|... completed{2xx} 2210us
 * }</pre>
 *
 * <p>Who logs never waits: a thread of its own writes, up to 8,192 lines wait for it, and further
 * ones are lost, counted and told. Of what a client sends, everything but visible ASCII is escaped
 * as {@code \xHH}, and nothing is longer than 1,024 characters.
 */
final class GatewayLog implements RequestLog, MirrorListener, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(GatewayLog.class.getName());
  private static final int MAX_WAITING = 8192;
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private final OutputStream out;
  private final boolean own;
  private final LongAdder lost = new LongAdder();
  private final RateLimitedLog lostLog = new RateLimitedLog(LOG, Level.WARNING);
  private final ThreadPoolExecutor writer;

  GatewayLog(OutputStream out) {
    this(out, false, MAX_WAITING);
  }

  private GatewayLog(OutputStream out, boolean own, int maxWaiting) {
    this.out = out;
    this.own = own;
    this.writer =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(maxWaiting),
            task -> {
              Thread thread = new Thread(task, "access-log");
              thread.setDaemon(true);
              return thread;
            },
            (line, full) -> lose());
  }

  /** For tests, with so many lines that may wait. */
  static GatewayLog waiting(OutputStream out, int maxWaiting) {
    return new GatewayLog(out, false, maxWaiting);
  }

  /** At the end of this file; {@code -} is {@code stdout}. */
  static GatewayLog open(String path, PrintStream stdout) throws IOException {
    if (path.equals("-")) {
      return new GatewayLog(stdout);
    }
    try {
      return new GatewayLog(
          new BufferedOutputStream(new FileOutputStream(path, true)), true, MAX_WAITING);
    } catch (IOException failure) {
      throw new IOException("cannot write the access log: " + failure.getMessage(), failure);
    }
  }

  @Override
  public void log(Request request, Response response) {
    Object verdict = request.getAttribute(Verdict.class.getName());
    Verdict.@Nullable Forward forward =
        verdict instanceof Verdict.Forward forwarded ? forwarded : null;
    StringBuilder line = line("request", forward == null ? "" : forward.requestId());
    LogText.append(line.append(' '), Request.getRemoteAddr(request));
    LogText.append(line.append(" \""), request.getMethod());
    LogText.append(line.append(' '), request.getHttpURI().getPathQuery());
    LogText.append(line.append(' '), request.getConnectionMetaData().getProtocol());
    line.append("\" ").append(response.getStatus());
    line.append(' ').append(Response.getContentBytesWritten(response));
    line.append(' ').append(NanoTime.since(request.getBeginNanoTime()) / 1000).append("us");
    LogText.append(line.append(" route="), route(verdict));
    LogText.append(line.append(" cluster="), forward == null ? "" : forward.cluster());
    LogText.append(line.append(" endpoint="), forward == null ? "" : forward.endpoint().orElse(""));
    line.append(" copies=").append(forward == null ? 0 : forward.sentCopies());
    line.append('/').append(forward == null ? 0 : forward.consideredCopies());
    write(line.toString());
  }

  @Override
  public void onOutcome(Copy copy, Outcome outcome) {
    StringBuilder line = line("copy", copy.requestId());
    LogText.append(line.append(" route="), copy.route());
    LogText.append(line.append(" cluster="), copy.destination());
    line.append(' ').append(named(outcome));
    line.append(' ').append(copy.duration().toNanos() / 1000).append("us");
    write(line.toString());
  }

  /** As JMX names it: {@code dropped{lag}}. */
  private static String named(Outcome outcome) {
    if (outcome instanceof Outcome.Completed completed) {
      return "completed{" + completed.statusClass() + "xx}";
    } else if (outcome instanceof Outcome.Dropped dropped) {
      return "dropped{" + dropped.reason().name().toLowerCase(Locale.ROOT) + "}";
    } else if (outcome instanceof Outcome.Failed failed) {
      return "failed{" + failed.reason().name().toLowerCase(Locale.ROOT) + "}";
    }
    return "sampled_out";
  }

  private static String route(@Nullable Object verdict) {
    if (verdict instanceof Verdict.Forward forward) {
      return forward.routeName();
    }
    return verdict instanceof Verdict.Answer answer ? answer.routeName() : "";
  }

  private static StringBuilder line(String kind, String requestId) {
    StringBuilder line = new StringBuilder(256);
    TIME.formatTo(Instant.now(), line);
    LogText.append(line.append(' ').append(kind).append(' '), requestId);
    return line;
  }

  private void write(String line) {
    writer.execute(
        () -> {
          try {
            out.write((line + System.lineSeparator()).getBytes(StandardCharsets.UTF_8));
            if (writer.getQueue().isEmpty()) {
              out.flush();
            }
          } catch (IOException unwritable) {
            lose();
          }
        });
  }

  private void lose() {
    lost.increment();
    lostLog.log(() -> "lines of the access log are lost: it cannot be written, or not as fast");
  }

  /** How many lines were lost. */
  long lost() {
    return lost.sum();
  }

  /** Writes what waits, for up to 5 s. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      boolean unused = writer.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
    try {
      if (own) {
        out.close();
      } else {
        out.flush();
      }
    } catch (IOException unwritable) {
      lose();
    }
  }
}
