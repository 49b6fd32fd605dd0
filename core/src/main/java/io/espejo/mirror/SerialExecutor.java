package io.espejo.mirror;

import io.espejo.exchange.RateLimitedLog;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks in order, one at a time, in batches on a thread of the mirror's own.
 *
 * <p>Handing a task over costs v1's thread an enqueue; a thread is woken only when none is at work.
 * The queue needs no bound of its own: each copy has at most a few tasks in it, and copies are
 * bounded.
 */
final class SerialExecutor implements Executor {
  private static final System.Logger LOG = System.getLogger(SerialExecutor.class.getName());
  private static final RateLimitedLog FAULTS = new RateLimitedLog(LOG, System.Logger.Level.ERROR);

  /** How many tasks are run before the thread is left to what else it does. */
  private static final int TURN = 64;

  private volatile Executor threads;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  SerialExecutor(Executor threads) {
    this.threads = threads;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (waiting.getAndIncrement() == 0) {
      wake();
    }
  }

  private void wake() {
    try {
      threads.execute(this::drain);
    } catch (RejectedExecutionException closed) {
      drain();
    }
  }

  /** Once the threads are gone: runs what they left, and lets each caller run what still comes. */
  void withoutThreads() {
    threads = Runnable::run;
    drain();
  }

  private void drain() {
    int done = 0;
    while (done < TURN) {
      Runnable task = tasks.poll();
      if (task == null) {
        break;
      }
      run(task);
      done++;
    }
    if (waiting.addAndGet(-done) > 0) {
      wake();
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error fault) {
      FAULTS.log(() -> "fault in a copy", fault);
    }
  }
}
