package io.espejo.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.route.ShadowRules;
import io.espejo.testkit.Answer;
import io.espejo.testkit.Behaviour;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.TestBed;
import java.io.EOFException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** That the memory of all copies stays within its budget, whatever they and their v2s do. */
class MemoryStressTest extends MirroringFixture {
  private static final long MAX_MEMORY = 512 * 1024;
  private static final int CLIENTS = 4;
  private static final int REQUESTS = 150;

  private final ChunkPool pool = new ChunkPool();
  private final AtomicLong most = new AtomicLong();
  private final List<MirrorDestination> destinations = new ArrayList<>();

  @Test
  void memory_underAnyMix_isNeverMoreThanTheBudgetAndComesBack() throws Exception {
    start(
        "shadow.maxMemoryBytes",
        Long.toString(MAX_MEMORY),
        "shadow.maxLagBytes",
        "131072",
        "shadow.maxBodyBytes",
        "1500000",
        "shadow.failuresToPause",
        "1000000",
        "shadow.bodyTimeout",
        "300ms",
        "shadow.answerTimeout",
        "300ms",
        "shadow.waitTimeout",
        "300ms");
    List<Behaviour> behaviours =
        List.of(
            Behaviour.answer(Answer.of(200)),
            Behaviour.answerPaced(5000, Duration.ofMillis(1), Answer.of(200)),
            Behaviour.neverAnswer(),
            Behaviour.hangInBody(3000),
            Behaviour.resetInBody(20_000),
            Behaviour.answerAtHeadAndClose(Answer.of(413)),
            Behaviour.say("no HTTP\r\n\r\n"));
    List<RecordingOrigin> origins = new ArrayList<>();
    for (int i = 0; i < behaviours.size(); i++) {
      RecordingOrigin origin = bed.origin("v2-" + i);
      origin.behave(behaviours.get(i));
      origins.add(origin);
      destinations.add(destination(origin.port()));
    }
    v2.onAccept(Behaviour.NEVER_READ);
    destinations.add(destination);
    destinations.add(destination(RecordingOrigin.refusingPort()));
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Random random = new Random(i);
      clients.add(new Thread(() -> requests(random), "client-" + i));
    }

    clients.forEach(Thread::start);
    for (Thread client : clients) {
      client.join(60_000);
      assertThat(client.isAlive()).isFalse();
    }

    OutcomeCounts counts = settled();
    assertThat(counts.considered()).isEqualTo((long) CLIENTS * REQUESTS * 3);
    assertThat(counts.dropped(Reason.MEMORY) + counts.failed(Reason.MEMORY)).isPositive();
    assertThat(most.get()).isBetween(MAX_MEMORY / 4, MAX_MEMORY);
    // What Jetty holds of a body comes back with the end of its exchange.
    TestBed.await("all memory is back", () -> mirroring.memoryUsed() == 0);
    TestBed.await("all buffers are back", () -> pool.lent() == 0);
    mirroring.close(Duration.ZERO);
    for (RecordingOrigin origin : origins) {
      TestBed.await("no request comes", () -> origin.listeningConnections() == 0);
      origin.drain();
    }
  }

  private void requests(Random random) {
    for (int i = 0; i < REQUESTS; i++) {
      int length = random.nextInt(3) == 0 ? random.nextInt(2_000_000) : random.nextInt(40_000);
      boolean known = random.nextBoolean();
      List<Shadow> shadows = new ArrayList<>();
      for (int copy = 0; copy < 3; copy++) {
        MirrorDestination to = destinations.get(random.nextInt(destinations.size()));
        Optional<Shadow> shadow =
            mirroring.admit(
                to, "route", known ? post(length) : chunked(), ShadowRules.ISTIO, Duration.ZERO);
        shadow.ifPresent(shadows::add);
      }
      body(random, known ? length : random.nextInt(length + 1), shadows);
    }
  }

  /** Shows one body to the copies, at any pace, to its end or to a cut. */
  private void body(Random random, int length, List<Shadow> shadows) {
    int cutAt = random.nextInt(5) == 0 ? random.nextInt(length + 1) : Integer.MAX_VALUE;
    int largest = random.nextBoolean() ? ChunkPool.BUFFER_SIZE : 1 + random.nextInt(3000);
    shadows.forEach(Shadow::start);
    for (int sent = 0; sent < length; ) {
      if (sent >= cutAt) {
        shadows.forEach(shadow -> shadow.onCut(new EOFException()));
        return;
      }
      int size = Math.min(length - sent, 1 + random.nextInt(largest));
      BodyChunk chunk = BodyChunk.pooled(pool, pool.take(), size, false);
      shadows.forEach(shadow -> shadow.onChunk(chunk));
      chunk.release();
      most.accumulateAndGet(mirroring.memoryUsed(), Math::max);
      sent += size;
    }
    shadows.forEach(shadow -> shadow.onEnd(Headers.EMPTY));
  }
}
