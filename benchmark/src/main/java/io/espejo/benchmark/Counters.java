package io.espejo.benchmark;

import com.sun.tools.attach.VirtualMachine;
import io.espejo.EspejoMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.management.JMX;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * The counters of a gateway that runs, and its heap after a garbage collection, as one line of
 * JSON.
 *
 * <pre>{@code
 * java -cp benchmark/target/benchmarks.jar io.espejo.benchmark.Counters --pid 4711
 * }</pre>
 */
public final class Counters {
  private Counters() {}

  public static void main(String[] arguments) throws Exception {
    VirtualMachine gateway = VirtualMachine.attach(Arguments.of(arguments).text("pid"));
    JMXServiceURL address;
    try {
      address = new JMXServiceURL(gateway.startLocalManagementAgent());
    } finally {
      gateway.detach();
    }
    try (JMXConnector connector = JMXConnectorFactory.connect(address)) {
      System.out.println(Json.of(read(connector.getMBeanServerConnection())));
    }
  }

  private static Map<String, Object> read(MBeanServerConnection server) throws Exception {
    ObjectName name =
        server.queryNames(new ObjectName("io.espejo:type=Espejo,*"), null).iterator().next();
    EspejoMXBean espejo = JMX.newMXBeanProxy(server, name, EspejoMXBean.class);
    MemoryMXBean memory =
        ManagementFactory.newPlatformMXBeanProxy(
            server, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
    memory.gc();
    Map<String, Object> counters = new LinkedHashMap<>();
    counters.put("considered", espejo.getConsidered());
    counters.put("in_flight", espejo.getInFlight());
    counters.put("outcomes", espejo.getOutcomes());
    counters.put("active_requests", espejo.getActiveRequests());
    counters.put("shadow_memory_bytes", espejo.getShadowMemoryBytes());
    counters.put("heap_bytes", memory.getHeapMemoryUsage().getUsed());
    return counters;
  }
}
