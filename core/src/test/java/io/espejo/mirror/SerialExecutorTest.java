package io.espejo.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {
  @Test
  void tasks_fromManyThreads_runOneAtATimeAndAllOfThem() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      SerialExecutor serial = new SerialExecutor(threads);
      AtomicInteger atWork = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      CountDownLatch done = new CountDownLatch(4000);
      for (int caller = 0; caller < 4; caller++) {
        threads.execute(
            () -> {
              for (int i = 0; i < 1000; i++) {
                serial.execute(
                    () -> {
                      most.accumulateAndGet(atWork.incrementAndGet(), Math::max);
                      atWork.decrementAndGet();
                      done.countDown();
                    });
              }
            });
      }
      assertThat(done.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(most).hasValue(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void tasks_inTheOrderTheyCame() {
    List<Integer> ran = new ArrayList<>();
    List<Runnable> handed = new ArrayList<>();
    SerialExecutor serial = new SerialExecutor(handed::add);
    for (int i = 0; i < 3; i++) {
      int number = i;
      serial.execute(() -> ran.add(number));
    }

    assertThat(handed).as("one thread is woken for the batch").hasSize(1);
    handed.get(0).run();
    assertThat(ran).containsExactly(0, 1, 2);
  }

  @Test
  void tasks_moreThanATurn_leaveTheThreadBetween() {
    List<Integer> ran = new ArrayList<>();
    List<Runnable> handed = new ArrayList<>();
    SerialExecutor serial = new SerialExecutor(handed::add);
    for (int i = 0; i < 65; i++) {
      int number = i;
      serial.execute(() -> ran.add(number));
    }

    handed.get(0).run();
    assertThat(ran).hasSize(64);
    assertThat(handed).hasSize(2);
    handed.get(1).run();
    assertThat(ran).hasSize(65);
    assertThat(handed).hasSize(2);
  }

  @Test
  void tasks_thatTheThreadsLeft_runOnceTheyAreGone() {
    List<String> ran = new ArrayList<>();
    SerialExecutor serial = new SerialExecutor(task -> {});
    serial.execute(() -> ran.add("left"));
    assertThat(ran).isEmpty();

    serial.withoutThreads();
    serial.execute(() -> ran.add("late"));

    assertThat(ran).containsExactly("left", "late");
  }

  @Test
  void task_thatFails_doesNotStopTheNext() {
    List<String> ran = new ArrayList<>();
    SerialExecutor serial = new SerialExecutor(Runnable::run);
    serial.execute(
        () -> {
          throw new IllegalStateException("as the test wants it");
        });
    serial.execute(() -> ran.add("next"));

    assertThat(ran).containsExactly("next");
  }

  @Test
  void task_afterTheThreadsAreGone_runsOnTheCaller() {
    List<String> ran = new ArrayList<>();
    SerialExecutor serial =
        new SerialExecutor(
            task -> {
              throw new RejectedExecutionException("closed");
            });
    serial.execute(() -> ran.add("task"));

    assertThat(ran).containsExactly("task");
  }
}
