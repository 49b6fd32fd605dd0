package io.espejo.testkit;

import io.espejo.Espejo;
import io.espejo.config.RuleFile;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.exchange.PrimaryCounts;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.management.MBeanServerConnection;

/**
 * A container that runs the filter, as a gateway or in an application, on a loopback port. One in
 * another process overrides all that is said of {@link #espejo}.
 */
public interface Gateway extends AutoCloseable {
  /** The port that clients connect to. */
  int port();

  /** What the filter runs on; a gateway in another process has none, which skips the test. */
  Espejo espejo();

  /** Takes these rules, until the file of rules changes. */
  default void apply(RulesYaml rules) throws Exception {
    espejo()
        .apply(
            List.of(new RuleFile("httpbin.yaml", rules.text().getBytes(StandardCharsets.UTF_8))));
  }

  /** Switches mirroring off, or on again. */
  default void mirroring(boolean enabled) {
    espejo().mirroring(enabled);
  }

  /** Aborts the copies that run. */
  default void abortCopies() {
    espejo().abortCopies();
  }

  /** Ends what the filter runs on, and not the container. */
  default void shutDown() {
    espejo().close();
  }

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

  /** The threads that Espejo started and that live; after {@link #close}, too. */
  default List<String> threads() {
    return GatewayFixture.espejoThreads();
  }

  /** JMX of its JVM. */
  default MBeanServerConnection jmx() throws IOException {
    return ManagementFactory.getPlatformMBeanServer();
  }

  /** What Espejo logs from now on. */
  default LogWatch watchLog() throws IOException {
    return LogWatch.of("io.espejo");
  }
}
