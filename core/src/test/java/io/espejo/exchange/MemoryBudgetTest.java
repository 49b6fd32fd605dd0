package io.espejo.exchange;

import static org.assertj.core.api.Assertions.assertThat;

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
}
