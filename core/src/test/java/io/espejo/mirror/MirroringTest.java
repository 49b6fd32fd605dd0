package io.espejo.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Headers;
import io.espejo.exchange.MirrorListener;
import io.espejo.exchange.MirrorListener.Copy;
import io.espejo.exchange.Outcome;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.route.HeaderEdits.Edits;
import io.espejo.route.ShadowHost;
import io.espejo.route.ShadowRules;
import io.espejo.route.ShadowRules.Limits;
import io.espejo.testkit.Answer;
import io.espejo.testkit.Behaviour;
import io.espejo.testkit.LogWatch;
import io.espejo.testkit.RecordedRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.TestBed;
import io.espejo.upstream.Cluster;
import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import java.io.EOFException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every bound of copies at its limit and one beyond (SEMANTICS 5). */
class MirroringTest extends MirroringFixture {
  /** What every head takes of the memory, at least. */
  private static final int HEAD = 2048;

  private static ShadowRules policy(String name, Limits limits) {
    return new ShadowRules(
        name,
        ShadowHost.ISTIO,
        Edits.NONE,
        Set.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        limits);
  }

  private static ShadowRules maxInFlight(String name, int max) {
    return policy(
        name, new Limits(OptionalInt.of(max), OptionalLong.empty(), OptionalLong.empty()));
  }

  private static void cut(Optional<Shadow> shadow) {
    shadow.orElseThrow().onCut(new EOFException());
  }

  @Test
  void inFlight_atTheBound_andOneMore() {
    start("shadow.maxInFlight", "3");
    Optional<Shadow> first = admit(get());
    assertThat(admit(get())).isPresent();
    assertThat(admit(get())).isPresent();

    assertThat(admit(get())).isEmpty();

    assertThat(dropped(Reason.IN_FLIGHT)).isEqualTo(1);
    cut(first);
    assertThat(admit(get())).isPresent();
  }

  @Test
  void inFlight_ofAPolicy_countsApart() {
    start("shadow.maxInFlight", "1");
    assertThat(admit(get(), maxInFlight("a", 2))).isPresent();
    assertThat(admit(get(), maxInFlight("a", 2))).isPresent();
    assertThat(admit(get(), maxInFlight("a", 2))).isEmpty();
    assertThat(admit(get(), maxInFlight("b", 1))).isPresent();
    assertThat(admit(get(), policy("c", Limits.NONE))).isPresent();
    assertThat(admit(get())).isEmpty();
    assertThat(admit(get(), maxInFlight("a", 3))).isPresent();

    assertThat(dropped(Reason.IN_FLIGHT)).isEqualTo(2);
  }

  @Test
  void inFlight_ofAClusterThatChanges_countsOn() {
    start("shadow.maxInFlight", "2");
    assertThat(admit(get())).isPresent();
    ClusterSpec changed = ClusterSpec.of(V2, List.of(new EndpointSpec("127.0.0.1", 1, 1)));

    destination =
        mirroring.destination(V2, Optional.of(new Cluster(changed, leg)), Optional.of(destination));

    assertThat(admit(get())).isPresent();
    assertThat(admit(get())).isEmpty();
    assertThat(destination.counts().considered()).isEqualTo(3);
  }

  @Test
  void memory_atTheBudget_andOneMore() {
    start("shadow.maxMemoryBytes", Integer.toString(3 * HEAD));
    Optional<Shadow> first = admit(get());
    assertThat(admit(get())).isPresent();
    assertThat(admit(get())).isPresent();

    assertThat(admit(get())).isEmpty();

    assertThat(dropped(Reason.MEMORY)).isEqualTo(1);
    assertThat(mirroring.memoryUsed()).isEqualTo(3 * HEAD);
    cut(first);
    assertThat(admit(get())).isPresent();
  }

  @Test
  void memory_usedUpByABody_endsTheCopyThatAsksForMore() {
    start("shadow.maxMemoryBytes", Integer.toString(HEAD + 20_000));
    Shadow shadow = admit(chunked()).orElseThrow();
    shadow.onChunk(chunk(10_000));
    shadow.onChunk(chunk(10_000));
    assertThat(mirroring.counts().inFlight()).isEqualTo(1);

    shadow.onChunk(chunk(1));

    assertThat(dropped(Reason.MEMORY)).isEqualTo(1);
    assertThat(mirroring.memoryUsed()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"1000, ''", "10000, 500"})
  void lag_atTheBound_andOneByteMore(String setting, String policy) {
    start("shadow.maxLagBytes", setting);
    int limit = policy.isEmpty() ? 1000 : 500;
    OptionalLong ofPolicy = policy.isEmpty() ? OptionalLong.empty() : OptionalLong.of(limit);
    ShadowRules rules =
        policy("p", new Limits(OptionalInt.empty(), ofPolicy, OptionalLong.empty()));
    Shadow shadow = admit(chunked(), rules).orElseThrow();
    shadow.onChunk(chunk(limit - 1));
    shadow.onChunk(chunk(1));
    assertThat(mirroring.counts().inFlight()).isEqualTo(1);

    shadow.onChunk(chunk(1));

    assertThat(dropped(Reason.LAG)).isEqualTo(1);
  }

  @Test
  void body_atTheBound_andOneByteMore() {
    start("shadow.maxBodyBytes", "1000");
    assertThat(admit(post(1000))).isPresent();
    assertThat(admit(post(1001))).isEmpty();
    Shadow shadow = admit(chunked()).orElseThrow();
    shadow.onChunk(chunk(1000));
    assertThat(dropped(Reason.BODY_SIZE)).isEqualTo(1);

    shadow.onChunk(chunk(1));

    assertThat(dropped(Reason.BODY_SIZE)).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"1000, completed", "999, failed"})
  void answer_atTheBound_andOneByteMore(int limit, String outcome) {
    start("shadow.maxAnswerBytes", Integer.toString(limit));
    v2.behave(Behaviour.answer(Answer.of(200).body(new byte[1000])));

    send(get());

    assertThat(settled().completed(2)).isEqualTo(outcome.equals("completed") ? 1 : 0);
    assertThat(settled().failed(Reason.ANSWER_SIZE)).isEqualTo(outcome.equals("failed") ? 1 : 0);
    v2.take();
  }

  @Test
  void connections_allInUse_theNextCopyWaitsForOne() {
    start("shadow.maxConnections", "1");
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    send(get());
    v2.take();
    send(get());
    assertThat(mirroring.counts().inFlight()).isEqualTo(2);

    gate.countDown();

    v2.take();
    assertThat(settled().completed(2)).isEqualTo(2);
    assertThat(v2.connections()).isEqualTo(1);
  }

  @Test
  void connections_allInUseForTooLong_theWaitingCopyIsDropped() {
    start("shadow.maxConnections", "1", "shadow.waitTimeout", "1s");
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    send(get());
    v2.take();

    send(get());

    TestBed.await("a drop", () -> dropped(Reason.CONNECT_TIMEOUT) == 1);
    gate.countDown();
    assertThat(settled().completed(2)).isEqualTo(1);
  }

  /** Whoever wants no limit writes a long one; the others must hold all the same. */
  @Test
  void answerTimeout_asLongAsItMayBe_leavesTheOtherLimits() {
    start(
        "shadow.answerTimeout",
        "876000h",
        "shadow.pause",
        "876000h",
        "shadow.maxPause",
        "876000h",
        "shadow.maxConnections",
        "1",
        "shadow.waitTimeout",
        "200ms");
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    send(get());
    v2.take();

    send(get());

    TestBed.await("a drop", () -> dropped(Reason.CONNECT_TIMEOUT) == 1);
    gate.countDown();
    assertThat(settled().completed(2)).isEqualTo(1);
  }

  @Test
  void failures_inARow_pauseAndOneProbeAtATimeEndsIt() throws Exception {
    start("shadow.failuresToPause", "2", "shadow.pause", "100ms", "shadow.maxPause", "100ms");
    v2.behave(Behaviour.resetInsteadOfAnswer());
    for (int i = 0; i < 2; i++) {
      send(get());
      v2.take();
      settled();
    }
    assertThat(admit(get())).isEmpty();
    assertThat(dropped(Reason.PAUSED)).isEqualTo(1);
    v2.behave(Behaviour.answer(Answer.of(500)));

    TestBed.await("the pause is over", () -> admit(get()).map(MirroringTest::begun).orElse(false));
    long paused = dropped(Reason.PAUSED);
    v2.take();
    TestBed.await("the probe is answered", () -> mirroring.counts().completed(5) == 1);

    send(get());
    send(get());
    v2.take(2);
    assertThat(settled().completed(5)).isEqualTo(3);
    assertThat(dropped(Reason.PAUSED)).isEqualTo(paused);
  }

  private static boolean begun(Shadow shadow) {
    shadow.start();
    return true;
  }

  @Test
  void probe_underWay_keepsOthersPaused() throws Exception {
    start("shadow.failuresToPause", "1", "shadow.pause", "50ms");
    v2.behave(Behaviour.resetInsteadOfAnswer());
    send(get());
    v2.take();
    settled();
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    TestBed.await("the pause is over", () -> admit(get()).map(MirroringTest::begun).orElse(false));
    v2.take();

    for (int i = 0; i < 10; i++) {
      assertThat(admit(get())).isEmpty();
    }

    gate.countDown();
    TestBed.await("the probe is answered", () -> mirroring.counts().completed(2) == 1);
    assertThat(admit(get())).isPresent();
  }

  @ParameterizedTest
  @CsvSource({
    "CONNECT, true",
    "CONNECT_TIMEOUT, true",
    "BODY_TIMEOUT, true",
    "ANSWER_TIMEOUT, true",
    "RESET, true",
    "GARBAGE, true",
    "IN_FLIGHT, false",
    "MEMORY, false",
    "LAG, true",
    "BODY_SIZE, false",
    "ANSWER_SIZE, false",
    "CUT, false",
    "NO_ENDPOINT, false",
    "UNSENDABLE, false",
  })
  void failure_countsForThePause_ifItIsV2s(Reason reason, boolean counts) {
    assertThat(Mirroring.tellsOfFailure(new Outcome.Failed(reason))).isEqualTo(counts);
  }

  @Test
  void lag_beforeV2HasAConnection_isNoFailureOfV2() {
    assertThat(Mirroring.tellsOfFailure(new Outcome.Dropped(Reason.LAG))).isFalse();
  }

  @Test
  void switchedOff_admitsNothingAtOnceAndLeavesWhatRuns() {
    start();
    Shadow running = admit(get()).orElseThrow();

    mirroring.enabled(false);

    assertThat(admit(get())).isEmpty();
    assertThat(dropped(Reason.DISABLED)).isEqualTo(1);
    running.start();
    v2.take();
    assertThat(settled().completed(2)).isEqualTo(1);
  }

  @Test
  void abortAll_endsWhatRunsWhereverItIs() {
    start();
    v2.behave(Behaviour.neverAnswer());
    admit(get()).orElseThrow();
    send(get());
    v2.take();
    Shadow sending = send(chunked());
    sending.onChunk(chunk(10));
    TestBed.await("the second connection", () -> v2.connections() == 2);

    mirroring.abortAll();

    OutcomeCounts counts = settled();
    assertThat(counts.dropped(Reason.ABORTED) + counts.failed(Reason.ABORTED)).isEqualTo(3);
    assertThat(counts.failed(Reason.ABORTED)).isGreaterThanOrEqualTo(1);
    sending.onChunk(chunk(10));
    sending.onEnd(Headers.EMPTY);
    TestBed.await("all memory is back", () -> mirroring.memoryUsed() == 0);
    TestBed.await("no connection", () -> v2.openConnections() == 0);
    assertThat(v2.drain()).noneMatch(RecordedRequest::whole);
  }

  @Test
  void close_givesCopiesTheirTimeThenEndsThem() {
    start();
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    send(get());
    v2.take();
    gate.countDown();
    v2.behave(Behaviour.neverAnswer());
    send(get());
    v2.take();
    long begun = System.nanoTime();

    mirroring.close(Duration.ofMillis(300));

    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isBetween(Duration.ofMillis(300), Duration.ofSeconds(3));
    OutcomeCounts counts = mirroring.counts();
    assertThat(counts.completed(2)).isEqualTo(1);
    assertThat(counts.failed(Reason.CLOSED)).isEqualTo(1);
    assertThat(admit(get())).isEmpty();
    assertThat(dropped(Reason.CLOSED)).isEqualTo(1);
    assertThat(mirroring.counts().inFlight()).isZero();
    TestBed.await("all memory is back", () -> mirroring.memoryUsed() == 0);
  }

  @Test
  void listener_tooSlow_losesWhatIsBeyondItsQueueAndThatIsCounted() {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch called = new CountDownLatch(1);
    MirrorListener slow =
        (copy, outcome) -> {
          called.countDown();
          try {
            gate.await();
          } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
          }
        };
    start(slow);
    mirroring.skip(destination, "route", "id", new Outcome.SampledOut());
    TestBed.await("the first event", () -> called.getCount() == 0);
    for (int i = 0; i < 8192; i++) {
      mirroring.skip(destination, "route", "id", new Outcome.SampledOut());
    }
    assertThat(mirroring.lostEvents()).isZero();

    mirroring.skip(destination, "route", "id", new Outcome.SampledOut());

    assertThat(mirroring.lostEvents()).isEqualTo(1);
    assertThat(mirroring.counts().sampledOut()).isEqualTo(8194);
    gate.countDown();
  }

  /** Events wait without a budget, so none may hold what a client made large. */
  @Test
  void listener_ofARequestWithALongId_hearsItsBeginning() {
    BlockingQueue<Copy> heard = new LinkedBlockingQueue<>();
    start((copy, outcome) -> heard.add(copy));
    for (int length : new int[] {255, 256, 257, 60_000}) {
      String id = "i".repeat(length);
      cut(admit(head("GET", Headers.builder().add("X-Request-Id", id).build())));

      TestBed.await("an event", () -> !heard.isEmpty());
      assertThat(heard.remove().requestId()).isEqualTo("i".repeat(Math.min(length, 256)));
    }
  }

  @Test
  void log_ofEachReason_hasOneLine() {
    try (LogWatch log = LogWatch.of("io.espejo")) {
      start("shadow.maxInFlight", "1", "shadow.maxBodyBytes", "10");
      assertThat(admit(get())).isPresent();
      for (int i = 0; i < 5; i++) {
        admit(get());
        admit(post(11));
      }
      mirroring.enabled(false);
      admit(get());

      assertThat(log.messages())
          .filteredOn(line -> line.contains("was given up"))
          .containsExactly(
              "a copy to " + V2 + " was given up: Dropped[reason=IN_FLIGHT]",
              "a copy to " + V2 + " was given up: Dropped[reason=BODY_SIZE]");
    }
  }

  @Test
  void destination_thatRefuses_isDroppedAsOneThatCannotBeReached() throws Exception {
    start();
    destination = destination(RecordingOrigin.refusingPort());

    send(get());

    assertThat(settled().dropped(Reason.CONNECT)).isEqualTo(1);
  }
}
