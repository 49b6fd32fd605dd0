package io.espejo;

import java.util.Map;

/** What JMX shows and lets an operator do: {@code io.espejo:type=Espejo,instance=...}. */
public interface EspejoMXBean {
  /** Whether new copies are sent. */
  boolean isMirroringEnabled();

  /** Stops all new copies, or lets them be sent again; those that run are not touched. */
  void setMirroringEnabled(boolean enabled);

  /** Aborts the copies that run now; v1 is not touched. */
  void abortCopies();

  /** Copies that were considered. */
  long getConsidered();

  /** Copies that are on their way now. */
  long getInFlight();

  /** The outcomes by name: {@code sampled_out}, {@code dropped{lag}}, {@code completed{2xx}}. */
  Map<String, Long> getOutcomes();

  /** What happened on the way to v1 by name: {@code retries}, {@code timeouts}, {@code aborts}. */
  Map<String, Long> getPrimaryCounts();

  /** Memory that copies hold now, in bytes. */
  long getShadowMemoryBytes();

  /** Requests that are with v1 now. */
  int getActiveRequests();

  /** Sets of rules taken since the start, the first included. */
  long getRulesTaken();

  /** Sets of rules refused since the start. */
  long getRulesRefused();

  /** Events that a listener did not hear of, because too many waited. */
  long getLostEvents();
}
