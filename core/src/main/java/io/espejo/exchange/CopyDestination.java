package io.espejo.exchange;

/**
 * One destination of copies, for metrics and operators; it counts on while some rule names it.
 *
 * <p>Safe for any threads; nothing blocks.
 */
public interface CopyDestination {
  /** The cluster's name, as Istio has it: {@code outbound|8000|v2|httpbin.default...}. */
  String name();

  /** What became of the copies for it. */
  OutcomeCounts counts();

  /** Whether it gets no copies now, or one at a time, because it failed too often in a row. */
  boolean paused();
}
