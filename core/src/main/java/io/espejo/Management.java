package io.espejo;

import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/** This instance as JMX sees it. */
final class Management implements EspejoMXBean {
  private static final System.Logger LOG = System.getLogger(Management.class.getName());

  private final Espejo espejo;
  private final String instance;
  private @Nullable ObjectName name;

  Management(Espejo espejo, String instance) {
    this.espejo = espejo;
    this.instance = instance;
  }

  void register() {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    try {
      for (int number = 1; name == null; number++) {
        String suffix = number == 1 ? "" : "-" + number;
        ObjectName free = new ObjectName("io.espejo:type=Espejo,instance=" + instance + suffix);
        try {
          server.registerMBean(this, free);
          name = free;
        } catch (InstanceAlreadyExistsException taken) {
          // Another WAR of this process has the name: the next number.
        }
      }
    } catch (JMException | RuntimeException failure) {
      LOG.log(Level.WARNING, "cannot register with JMX", failure);
    }
  }

  void unregister() {
    if (name != null) {
      try {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
      } catch (JMException | RuntimeException failure) {
        LOG.log(Level.WARNING, "cannot unregister from JMX", failure);
      }
    }
  }

  @Override
  public boolean isMirroringEnabled() {
    return espejo.mirroring();
  }

  @Override
  public void setMirroringEnabled(boolean enabled) {
    espejo.mirroring(enabled);
  }

  @Override
  public void abortCopies() {
    espejo.abortCopies();
  }

  @Override
  public long getConsidered() {
    return espejo.outcomes().considered();
  }

  @Override
  public long getInFlight() {
    return espejo.outcomes().inFlight();
  }

  @Override
  public Map<String, Long> getOutcomes() {
    OutcomeCounts counts = espejo.outcomes();
    Map<String, Long> named = new TreeMap<>();
    named.put("sampled_out", counts.sampledOut());
    counts.droppedBy().forEach((reason, n) -> named.put("dropped{" + lower(reason) + "}", n));
    counts.failedBy().forEach((reason, n) -> named.put("failed{" + lower(reason) + "}", n));
    counts.completedBy().forEach((digit, n) -> named.put("completed{" + digit + "xx}", n));
    return named;
  }

  @Override
  public Map<String, Long> getPrimaryCounts() {
    return new TreeMap<>(espejo.primaryCounts().byName());
  }

  private static String lower(Reason reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public long getShadowMemoryBytes() {
    return espejo.copyMemoryBytes();
  }

  @Override
  public int getActiveRequests() {
    return espejo.activeRequests();
  }

  @Override
  public long getRulesTaken() {
    return espejo.rulesTaken();
  }

  @Override
  public long getRulesRefused() {
    return espejo.rulesRefused();
  }

  @Override
  public long getLostEvents() {
    return espejo.lostEvents();
  }
}
