package io.espejo.mirror;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks in order, one at a time, in batches on the mirror's own threads.
 *
 * <p>Handing a task over costs v1's thread an enqueue; a thread is woken only when none is at work.
 * The queue needs no bound of its own: each copy has at most a few tasks in it, and copies are
 * bounded. Once the threads are gone, the caller runs what comes.
 */
final class SerialExecutor implements Executor {
  private static final System.Logger LOG = System.getLogger(SerialExecutor.class.getName());

  private final Executor threads;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();

  SerialExecutor(Executor threads) {
    this.threads = threads;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (waiting.getAndIncrement() == 0) {
      try {
        threads.execute(this::drain);
      } catch (RejectedExecutionException closed) {
        drain();
      }
    }
  }

  private void drain() {
    int batch = waiting.get();
    while (batch > 0) {
      for (int done = 0; done < batch; done++) {
        Runnable task = tasks.poll();
        if (task != null) {
          run(task);
        }
      }
      batch = waiting.addAndGet(-batch);
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error fault) {
      LOG.log(System.Logger.Level.ERROR, "fault in a copy", fault);
    }
  }
}
