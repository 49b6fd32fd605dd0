package io.espejo.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  private final MemoryBudget budget = new MemoryBudget(100);

  @Test
  void reserve_upToTheLimit_isGranted() {
    assertThat(budget.reserve(100)).isTrue();
    assertThat(budget.used()).isEqualTo(100);
  }

  @Test
  void reserve_oneOverTheLimit_isRefusedAndTakesNothing() {
    assertThat(budget.reserve(101)).isFalse();
    assertThat(budget.used()).isZero();
  }

  @Test
  void release_makesRoom() {
    budget.reserve(100);
    budget.release(1);

    assertThat(budget.reserve(1)).isTrue();
    assertThat(budget.reserve(1)).isFalse();
  }

  @Test
  void reserve_byManyAtOnce_isNeverMoreThanTheLimit() throws Exception {
    AtomicLong most = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          new Thread(
              () -> {
                for (int turn = 0; turn < 100_000; turn++) {
                  boolean mine = budget.reserve(40);
                  most.accumulateAndGet(budget.used(), Math::max);
                  if (mine) {
                    budget.release(40);
                  }
                }
              }));
    }

    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(most.get()).isBetween(40L, 80L);
    assertThat(budget.used()).isZero();
  }
}
