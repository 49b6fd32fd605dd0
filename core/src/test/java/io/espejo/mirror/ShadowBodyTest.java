package io.espejo.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.Headers;
import io.espejo.exchange.MemoryBudget;
import io.espejo.mirror.ShadowBody.Offer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ShadowBodyTest extends MirroringFixture {
  /** While v2's leg is late, a trickle leaves one task for it, however long it is. */
  @Test
  void legThatWaits_isWokenOnceForAllThatComes() {
    start();
    ShadowBody body = new ShadowBody(admit(chunked()).orElseThrow(), chunked());
    MemoryBudget memory = mirroring.memory();
    AtomicInteger woken = new AtomicInteger();
    body.demand(woken::incrementAndGet);

    assertThat(body.offer(chunk(1), memory, 1 << 20)).isEqualTo(Offer.WAKE);
    for (int i = 0; i < 10_000; i++) {
      assertThat(body.offer(chunk(1), memory, 1 << 20)).isEqualTo(Offer.TAKEN);
    }
    assertThat(body.end(Headers.EMPTY)).isFalse();
    body.wake();
    assertThat(woken).hasValue(1);

    body.discard();
    assertThat(body.lagBytes()).isEqualTo(10_001);
  }

  @Test
  void legThatWaitsAgain_isWokenAgain() {
    start();
    ShadowBody body = new ShadowBody(admit(chunked()).orElseThrow(), chunked());
    AtomicInteger woken = new AtomicInteger();
    body.demand(woken::incrementAndGet);
    assertThat(body.offer(chunk(1), mirroring.memory(), 1 << 20)).isEqualTo(Offer.WAKE);
    body.wake();
    body.read().release();
    body.demand(woken::incrementAndGet);

    assertThat(body.end(Headers.EMPTY)).isTrue();
    body.wake();

    assertThat(woken).hasValue(2);
  }
}
