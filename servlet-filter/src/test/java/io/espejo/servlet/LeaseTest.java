package io.espejo.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LeaseTest {
  private final AtomicInteger late = new AtomicInteger();
  private final Lease lease = new Lease(true, late::incrementAndGet);
  private final List<String> done = new ArrayList<>();
  private final CountDownLatch inside = new CountDownLatch(1);

  @Test
  void revoke_whileAnotherThreadIsInACall_waitsForIt() throws Exception {
    AtomicBoolean left = new AtomicBoolean();
    CompletableFuture<Void> call = called(() -> TimeUnit.MILLISECONDS.sleep(200), left);

    lease.revoke();

    assertThat(left).isTrue();
    assertThat(late).hasValue(0);
    call.get(10, TimeUnit.SECONDS);
  }

  @Test
  void revoke_whileAThreadStaysInACall_endsAndIsCounted() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicBoolean left = new AtomicBoolean();
    CompletableFuture<Void> call = called(over::await, left);

    lease.revoke();

    assertThat(left).isFalse();
    assertThat(late).hasValue(1);
    over.countDown();
    call.get(10, TimeUnit.SECONDS);
  }

  @Test
  void revoke_withinACallOfTheSameThread_doesNotWait() {
    assertThat(lease.call(lease::revoke)).isTrue();

    assertThat(lease.isOver()).isTrue();
  }

  @Test
  void call_afterRevoke_isNotMade() {
    lease.revoke();

    assertThat(lease.call(() -> done.add("called"))).isFalse();
    assertThat(lease.end(() -> done.add("ended"))).isFalse();
    assertThat(done).isEmpty();
  }

  @Test
  void revoke_whereTheContainerEndsNothing_doesNothing() {
    Lease kept = new Lease(false, late::incrementAndGet);

    kept.revoke();

    assertThat(kept.call(() -> done.add("called"))).isTrue();
  }

  @Test
  void end_whileACallIsUnderWay_comesAfterIt() {
    lease.call(
        () -> {
          assertThat(lease.end(() -> done.add("otherwise"))).isFalse();
          assertThat(done).isEmpty();
        });

    assertThat(done).containsExactly("otherwise");
    assertThat(lease.end(() -> done.add("again"))).isTrue();
    assertThat(lease.enter()).isFalse();
  }

  @Test
  void call_thatFails_isOneTheContainerHasEnded() {
    assertThat(
            lease.call(
                () -> {
                  throw new IllegalStateException("recycled");
                }))
        .isFalse();

    assertThat(lease.enter()).isTrue();
  }

  private interface Action {
    void run() throws InterruptedException;
  }

  /** Is in a call on another thread when this returns. */
  private CompletableFuture<Void> called(Action action, AtomicBoolean left) throws Exception {
    CompletableFuture<Void> call =
        CompletableFuture.runAsync(
            () -> {
              assertThat(lease.enter()).isTrue();
              inside.countDown();
              try {
                action.run();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              left.set(true);
              lease.exit();
            });
    inside.await();
    return call;
  }
}
