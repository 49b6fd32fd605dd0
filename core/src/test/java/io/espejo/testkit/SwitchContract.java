package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import javax.management.Attribute;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** Switching mirroring off and on, and closing (SEMANTICS 5). */
abstract class SwitchContract extends GatewayFixture {
  SwitchContract(GatewayContract container) {
    super(container);
  }

  @Test
  void mirroring_switchedOffAndOn_stopsAndStartsCopies() throws Exception {
    start(mirrored());
    RawClient client = client();
    client.exchange(RawRequest.get("/on"));
    assertThat(v2.take().target()).isEqualTo("/on");

    gateway().mirroring(false);
    for (int i = 0; i < 10; i++) {
      assertThat(client.exchange(RawRequest.get("/off")).text()).isEqualTo("v1");
    }
    assertThat(settled().dropped(Reason.DISABLED)).isEqualTo(10);

    gateway().mirroring(true);
    client.exchange(RawRequest.get("/on"));
    assertThat(v2.take().target()).isEqualTo("/on");
    v1.take(12);
  }

  @Test
  void mirroring_offBySetting_sendsNothing() throws Exception {
    start(mirrored(), "mirroring.enabled", "false");

    assertThat(get("/").text()).isEqualTo("v1");

    v1.take();
    assertThat(onlyOutcome()).isEqualTo("dropped DISABLED");
  }

  @Test
  void mirroring_switchedOff_leavesRunningCopies() throws Exception {
    start(mirrored());
    CountDownLatch gate = new CountDownLatch(1);
    v2.behave(Behaviour.answerOnceOpen(gate, Answer.of(200)));
    get("/");
    v1.take();
    v2.take();

    gateway().mirroring(false);
    gate.countDown();

    assertThat(onlyOutcome()).isEqualTo("completed 2");
  }

  @Test
  void abortCopies_duringAnUpload_leavesV1ItsUpload() throws Exception {
    start(mirrored());
    RawClient client = client();
    client.sendHead(RawRequest.post("/").header("Transfer-Encoding", "chunked"));
    client.chunk(bytes(10_000));
    TestBed.await("a copy that has begun", () -> v2.connections() == 1);

    gateway().abortCopies();

    TestBed.await("no copy", () -> gateway().outcomes().inFlight() == 0);
    client.chunk(bytes(20_000)).chunk(new byte[0]);
    assertThat(client.read().text()).isEqualTo("v1");
    assertThat(v1.take().body().length()).isEqualTo(30_000);
    assertThat(onlyOutcome()).isIn("failed ABORTED", "dropped ABORTED");
    assertThat(allAtV2()).noneMatch(RecordedRequest::whole);
    client.exchange(RawRequest.get("/next"));
    v1.take();
    assertThat(v2.take().target()).isEqualTo("/next");
  }

  @Test
  void jmx_switchesOffAndAborts() throws Exception {
    start(mirrored(), "instance", "by-jmx");
    ObjectName name = new ObjectName("io.espejo:type=Espejo,instance=by-jmx");
    MBeanServerConnection jmx = gateway().jmx();
    v2.behave(Behaviour.neverAnswer());
    get("/");
    v2.take();
    assertThat(jmx.getAttribute(name, "InFlight")).isEqualTo(1L);

    jmx.setAttribute(name, new Attribute("MirroringEnabled", false));
    get("/");
    jmx.invoke(name, "abortCopies", new Object[0], new String[0]);

    v1.take(2);
    OutcomeCounts counts = settled();
    assertThat(counts.dropped(Reason.DISABLED)).isEqualTo(1);
    assertThat(counts.failed(Reason.ABORTED)).isEqualTo(1);
    assertThat(jmx.getAttribute(name, "ShadowMemoryBytes")).isEqualTo(0L);
  }

  @Test
  void close_v1NeverAnswers_endsItAfterItsTime() throws Exception {
    start(mirrored(), "primary.closeTimeout", "300ms", "shadow.closeTimeout", "300ms");
    v1.behave(Behaviour.neverAnswer());
    v2.behave(Behaviour.neverAnswer());
    RawClient client = client().send(RawRequest.get("/"));
    v1.take();
    v2.take();
    long begun = System.nanoTime();

    gateway().shutDown();

    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isBetween(Duration.ofMillis(600), Duration.ofSeconds(5));
    assertThat(client.read().status()).isEqualTo(503);
    assertThat(onlyOutcome()).isEqualTo("failed CLOSED");
  }

  @Test
  void close_withCopiesThatHang_endsThemAndLeavesNoThread() throws Exception {
    start(mirrored());
    v2.behave(Behaviour.neverAnswer());
    RawClient client = client();
    for (int i = 0; i < 5; i++) {
      client.exchange(RawRequest.get("/"));
    }
    v1.take(5);
    v2.take(5);
    assertThat(gateway().threads()).isNotEmpty();

    gateway().close();

    OutcomeCounts counts = gateway().outcomes();
    assertThat(counts.inFlight()).isZero();
    assertThat(counts.failed(Reason.CLOSED)).isEqualTo(5);
    TestBed.await("no thread left", () -> gateway().threads().isEmpty());
    TestBed.await("no connection left", () -> v1.openConnections() == 0);
    TestBed.await("no connection left", () -> v2.openConnections() == 0);
  }

  @Test
  void close_withRequestUnderWay_letsV1Finish() throws Exception {
    start(mirrored());
    CountDownLatch gate = new CountDownLatch(1);
    v1.behave(Behaviour.answerOnceOpen(gate, Answer.of(200).body("late")));
    RawClient client = client();
    client.send(RawRequest.get("/"));
    v1.take();
    v2.take();
    v1.behave(Behaviour.answer(Answer.of(200)));

    Thread closing = new Thread(gateway()::shutDown, "closing");
    closing.start();
    TestBed.await("new requests are refused", () -> refuses());
    gate.countDown();

    assertThat(client.read().text()).isEqualTo("late");
    closing.join(5000);
    assertThat(closing.isAlive()).isFalse();
    // What came before close() had begun was served.
    v1.drain();
    v2.drain();
  }

  @Test
  void close_whileAFaultDelays_answers503AtOnce() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("fault: {delay: {fixedDelay: 1h, percentage: {value: 100}}}")));
    RawClient get = client().send(RawRequest.get("/"));
    RawClient post = client().send(RawRequest.post("/").body("never sent"));
    TestBed.await("delays", () -> gateway().primaryCounts().delays() == 2);

    assertClosesAtOnce();

    assertThat(get.read().text()).isEqualTo("shutting down");
    assertThat(post.read().status()).isEqualTo(503);
    assertThat(settled().considered()).isZero();
  }

  @Test
  void close_betweenTwoAttempts_answers503AtOnce() throws Exception {
    start(
        routes(
            Route.to("v1")
                .mirror("v2")
                .with("retries: {attempts: 1, retryOn: 5xx, backoff: 1000h}")));
    v1.behave(Behaviour.answer(Answer.of(500)));
    RawClient get = client().send(RawRequest.get("/"));
    RawClient post = client().send(RawRequest.post("/").body("once"));
    TestBed.await("pauses", () -> gateway().primaryCounts().retries() == 2);

    assertClosesAtOnce();

    assertThat(get.read().text()).isEqualTo("shutting down");
    assertThat(post.read().status()).isEqualTo(503);
    v1.take(2);
    v2.take(2);
    assertThat(settled().completed(2)).isEqualTo(2);
  }

  private void assertClosesAtOnce() throws Exception {
    long begun = System.nanoTime();
    gateway().shutDown();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
  }

  private boolean refuses() {
    try {
      return get("/new").status() == 503;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
