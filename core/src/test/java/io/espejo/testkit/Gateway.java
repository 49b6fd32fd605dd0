package io.espejo.testkit;

import io.espejo.Espejo;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.exchange.PrimaryCounts;
import java.util.Map;

/** A container that runs the filter, as a gateway or in an application, on a loopback port. */
public interface Gateway extends AutoCloseable {
  /** The port that clients connect to. */
  int port();

  /**
   * What the filter runs on, for tests that operate it by its methods; a gateway in another process
   * has none, which skips the test.
   */
  Espejo espejo();

  /** What became of its copies, after {@link #close}, too. */
  default OutcomeCounts outcomes() {
    return espejo().outcomes();
  }

  /** The same by cluster. */
  default Map<String, OutcomeCounts> outcomesByDestination() {
    return espejo().outcomesByDestination();
  }

  /** What happened on the way to v1. */
  default PrimaryCounts primaryCounts() {
    return espejo().primaryCounts();
  }

  /** Buffers that are in use; after {@link #close}, too. */
  default long lentBuffers() {
    return espejo().lentBuffers();
  }

  /** Connections that v1 has switched to another protocol. */
  default int openUpgrades() {
    return espejo().openUpgrades();
  }
}
