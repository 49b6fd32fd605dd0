package io.espejo.mirror;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.exchange.MemoryBudget;
import io.espejo.exchange.MirrorListener;
import io.espejo.route.ShadowRules;
import io.espejo.upstream.Leg;
import io.espejo.upstream.RequestHead;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A body of 64 KiB on its way past the copies' queues.
 *
 * <p>As v1's path does, a chunk takes a buffer from the pool, is offered to each queue, and is
 * released; then each queue is read to its end, as v2's leg does. One thread does both, so there is
 * no contention and nothing is woken: neither sockets nor the hand-over between threads are in
 * here. Chunks above 4 KiB are shared by reference, smaller ones copied together. The buffers'
 * content is never touched by the benchmark itself, so without observers only the pool is left.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class FanOutBenchmark {
  private static final int BODY_BYTES = 64 * 1024;
  private static final long MAX_LAG = MirrorLimits.DEFAULT.maxLagBytes();

  /** How many mirrors the route has. */
  @Param({"0", "1", "3"})
  public int observers;

  /** How many bytes of its 16 KiB buffer a chunk fills. */
  @Param({"16384", "1024"})
  public int chunkBytes;

  private final ChunkPool pool = new ChunkPool();
  private final Leg leg =
      Leg.start(
          new Leg.Settings(
              "benchmark",
              4,
              Duration.ofSeconds(1),
              Duration.ofSeconds(1),
              Duration.ZERO,
              1,
              1,
              2));
  private final Mirroring mirroring = new Mirroring(leg, MirrorLimits.DEFAULT, MirrorListener.NONE);
  private final RequestHead head = RequestHead.primary(new Post(), "/post");
  private final MirrorDestination v2 =
      mirroring.destination("v2", Optional.empty(), Optional.empty());
  private final Shadow shadow =
      new Shadow(
          mirroring,
          v2,
          "route",
          head,
          CopyBounds.of(v2, ShadowRules.ISTIO, Duration.ZERO, MirrorLimits.DEFAULT),
          0,
          false,
          0);

  /** Checks that every byte comes out again, and that all memory is given back. */
  @Setup
  public void check() {
    long bytes = body();
    long expected = (long) observers * BODY_BYTES;
    if (bytes != expected || mirroring.memoryUsed() != 0 || pool.lent() != 0) {
      throw new IllegalStateException(
          bytes + " bytes, " + mirroring.memoryUsed() + " held, " + pool.lent() + " buffers lent");
    }
  }

  /** Ends the leg's threads. */
  @TearDown
  public void close() {
    mirroring.close(Duration.ZERO);
  }

  /** One body: offered chunk by chunk, then read by every copy. */
  @Benchmark
  public long body() {
    ShadowBody[] bodies = new ShadowBody[observers];
    for (int index = 0; index < observers; index++) {
      bodies[index] = new ShadowBody(shadow, head);
    }
    MemoryBudget memory = mirroring.memory();
    for (int sent = 0; sent < BODY_BYTES; sent += chunkBytes) {
      boolean last = sent + chunkBytes == BODY_BYTES;
      BodyChunk chunk = BodyChunk.pooled(pool, pool.take(), chunkBytes, last);
      for (ShadowBody body : bodies) {
        if (body.offer(chunk, memory, MAX_LAG) != ShadowBody.Offer.TAKEN) {
          throw new IllegalStateException("a chunk was refused");
        }
      }
      chunk.release();
    }
    long bytes = 0;
    for (ShadowBody body : bodies) {
      body.end(Headers.EMPTY);
      bytes += drain(body);
    }
    return bytes;
  }

  private static long drain(ShadowBody body) {
    long bytes = 0;
    while (true) {
      Content.Chunk chunk = body.read();
      if (chunk == null) {
        throw new IllegalStateException("a body without an end");
      }
      bytes += chunk.remaining();
      chunk.release();
      if (chunk.isLast()) {
        return bytes;
      }
    }
  }

  private static final class Post implements DownstreamRequest {
    @Override
    public String method() {
      return "POST";
    }

    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String authority() {
      return "httpbin:8000";
    }

    @Override
    public String path() {
      return "/post";
    }

    @Override
    public Optional<String> query() {
      return Optional.empty();
    }

    @Override
    public Headers headers() {
      return Headers.builder().add("Content-Length", Integer.toString(BODY_BYTES)).build();
    }

    @Override
    public String peerAddress() {
      return "127.0.0.1";
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }
}
