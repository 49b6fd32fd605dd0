package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.espejo.Espejo;
import io.espejo.config.RuleFile;
import io.espejo.config.RulesException;
import io.espejo.exchange.OutcomeCounts;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.util.Pool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random faults on both sides for as long as the system property {@code espejo.soak} says ({@code
 * 10m}): then nothing is left, everything adds up, and every request that met a v1 that was well
 * was answered right.
 *
 * <p>Clients come and leave, rules change by file and by API, mirroring is switched off and on,
 * copies are aborted. {@code -Despejo.soak.seed} repeats the choices of a run, not their
 * interleaving.
 */
public abstract class SoakContract {
  private static final int CLIENTS = 24;
  private static final int REQUESTS_PER_SECOND = 200;
  private static final Duration WARM_UP = Duration.ofSeconds(30);
  private static final Duration QUIET = Duration.ofSeconds(100);
  private static final long HEAP_SLACK = 6L << 20;
  private static final int SLACK = 8;

  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("gateways", "mesh," + RulesYaml.ANY_HOST),
          Map.entry("instance", "soak"),
          Map.entry("primary.idleTimeout", "1500ms"),
          Map.entry("shadow.maxInFlight", "64"),
          Map.entry("shadow.maxLagBytes", "262144"),
          Map.entry("shadow.maxMemoryBytes", "4194304"),
          Map.entry("shadow.answerTimeout", "500ms"),
          Map.entry("shadow.bodyTimeout", "500ms"),
          Map.entry("shadow.waitTimeout", "500ms"),
          Map.entry("shadow.pause", "50ms"),
          Map.entry("shadow.maxPause", "500ms"));

  private final long seed = Long.getLong("espejo.soak.seed", System.nanoTime());
  private final List<RecordingOrigin> origins = new ArrayList<>();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong checked = new AtomicLong();
  private final AtomicLong left = new AtomicLong();
  private final AtomicLong reloads = new AtomicLong();
  private volatile boolean over;

  /** Starts the container, as {@link GatewayContract#start} does. */
  protected abstract Gateway start(Path rules, Map<String, String> settings) throws Exception;

  /** What the process holds once nothing runs. */
  private record Holdings(int descriptors, Map<String, Long> threads, long heap) {
    boolean within(Holdings before) {
      return descriptors <= before.descriptors + SLACK
          && threadCount() <= before.threadCount() + SLACK
          && heap <= before.heap + HEAP_SLACK;
    }

    @Override
    public String toString() {
      return "%d descriptors, %d threads %s, %.1f MiB heap"
          .formatted(descriptors, threadCount(), threads, heap / 1048576.0);
    }

    long threadCount() {
      return threads.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "espejo.soak", matches = ".+")
  @Timeout(value = 12, unit = TimeUnit.HOURS)
  void randomFaults_forLong_leaveNothing(@TempDir Path dir) throws Exception {
    Duration duration = duration(System.getProperty("espejo.soak"));
    System.out.println("soak: " + duration + ", -Despejo.soak.seed=" + seed);
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, thrown) -> wrong.add(thread.getName() + ": " + thrown));
    try {
      Path rules = Files.createDirectory(dir.resolve("rules")).resolve("soak.yaml");
      Rules documents = new Rules();
      RulesYaml.write(rules, documents.text(0));
      Gateway gateway = start(rules.getParent(), SETTINGS);
      try {
        soak(gateway, rules, documents, duration);
      } finally {
        gateway.close();
      }
      assertThat(gateway.outcomes().inFlight()).isZero();
      TestBed.await("no thread left", () -> GatewayFixture.espejoThreads().isEmpty());
      assertThat(wrong).isEmpty();
    } finally {
      for (RecordingOrigin origin : origins) {
        origin.close();
      }
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  private static Duration duration(String text) {
    return Duration.parse(text.startsWith("P") ? text : "PT" + text);
  }

  private void soak(Gateway gateway, Path file, Rules rules, Duration duration) throws Exception {
    run(gateway, file, rules, WARM_UP, 0);
    Holdings atFirst = holdings(gateway);
    System.out.println("soak: at first " + atFirst);
    run(gateway, file, rules, duration, 1);
    Espejo espejo = gateway.espejo();
    Holdings atLast = holdings(gateway);
    // What is out of use is kept for a minute.
    long deadline = System.nanoTime() + QUIET.toNanos();
    while (!atLast.within(atFirst) && System.nanoTime() < deadline) {
      pause(2000);
      atLast = holdings(gateway);
    }
    OutcomeCounts counts = espejo.outcomes();
    System.out.println(
        "soak: %s, %d requests (%d checked, %d left), %d reloads, %s, %s; at first %s, at last %s"
            .formatted(
                duration,
                requests.get(),
                checked.get(),
                left.get(),
                reloads.get(),
                wrong.isEmpty() ? "none wrong" : wrong.size() + " wrong",
                counts,
                atFirst,
                atLast));
    assertThat(atLast.within(atFirst)).as(atLast + " after " + atFirst).isTrue();
    assertThat(counts.inFlight()).as("outcomes add up: " + counts).isZero();
    assertThat(counts.completed()).isPositive();
    assertThat(counts.failed()).isPositive();
    assertThat(counts.dropped()).isPositive();
  }

  private void run(Gateway gateway, Path file, Rules rules, Duration duration, int part)
      throws Exception {
    over = false;
    long end = System.nanoTime() + duration.toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Client client = new Client(gateway.port(), new Random(seed + 100L * part + i), end);
      threads.add(new Thread(client, "soak-client-" + i));
    }
    threads.add(
        new Thread(
            () -> operate(gateway.espejo(), file, rules, new Random(seed + part - 10), end),
            "soak-operator"));
    threads.add(new Thread(this::drain, "soak-drain"));
    threads.forEach(Thread::start);
    long said = System.nanoTime();
    for (Thread thread : threads.subList(0, threads.size() - 1)) {
      while (thread.isAlive()) {
        thread.join(1000);
        if (System.nanoTime() - said > TimeUnit.MINUTES.toNanos(1)) {
          said = System.nanoTime();
          System.out.println(
              "soak: so far %d requests, %d wrong, %s"
                  .formatted(requests.get(), wrong.size(), gateway.outcomes()));
        }
      }
    }
    gateway.espejo().mirroring(true);
    apply(gateway.espejo(), rules.text(0));
    RulesYaml.write(file, rules.text(0));
    over = true;
    threads.get(threads.size() - 1).join();
  }

  /** What is held once copies, exchanges and connections have ended. */
  private Holdings holdings(Gateway gateway) throws Exception {
    Espejo espejo = gateway.espejo();
    awaitQuiet(
        "no copy", () -> espejo.outcomes().inFlight() == 0, () -> espejo.outcomes().toString());
    awaitQuiet(
        "no request with v1",
        () -> attribute("ActiveRequests") == 0,
        () -> "" + attribute("ActiveRequests"));
    awaitQuiet("no buffer", () -> espejo.lentBuffers() == 0, () -> "" + espejo.lentBuffers());
    awaitQuiet(
        "no memory of copies",
        () -> attribute("ShadowMemoryBytes") == 0,
        () -> "" + attribute("ShadowMemoryBytes"));
    awaitQuiet(
        "no connection",
        () -> origins.stream().allMatch(origin -> origin.openConnections() == 0),
        () -> open().toString());
    awaitQuiet(
        "no buffer of the legs", () -> heldBuffers(espejo) == 0, () -> "" + heldBuffers(espejo));
    int descriptors = descriptors();
    Map<String, Long> threads = threads();
    return new Holdings(descriptors, threads, heap());
  }

  private List<String> open() {
    return origins.stream()
        .filter(origin -> origin.openConnections() > 0)
        .map(origin -> origin.name() + " " + origin.openConnections())
        .toList();
  }

  private static void awaitQuiet(String what, BooleanSupplier condition, Supplier<String> instead) {
    try {
      Awaitility.await(what)
          .atMost(QUIET)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(500))
          .until(condition::getAsBoolean);
    } catch (ConditionTimeoutException never) {
      throw new AssertionError(
          "not " + what + ", but " + instead.get() + "; the heap is in " + dumpHeap(), never);
    }
  }

  /** Writes the heap beside the reports, to see who holds what should be gone. */
  private static Path dumpHeap() {
    Path file = Path.of("target", "soak-" + System.currentTimeMillis() + ".hprof");
    try {
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpHeap(file.toAbsolutePath().toString(), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private static long attribute(String name) {
    try {
      Object value =
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(new ObjectName("io.espejo:type=Espejo,instance=soak"), name);
      return ((Number) value).longValue();
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * The buffers of Jetty's pools that somebody holds. Those that its client forgets when an answer
   * is aborted (jetty.project#12934) are the garbage collector's; the pools hold them weakly.
   */
  private static long heldBuffers(Espejo espejo) {
    System.gc();
    long held = 0;
    try {
      for (String leg : List.of("primaryLeg", "shadowLeg")) {
        var buffers = (ArrayByteBufferPool) field(field(espejo, leg), "buffers");
        for (int capacity = 4096; capacity <= 65536; capacity += 4096) {
          for (boolean direct : new boolean[] {false, true}) {
            held += buffers.poolFor(capacity, direct).stream().filter(Pool.Entry::isInUse).count();
          }
        }
      }
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
    return held;
  }

  private static Object field(Object owner, String name) throws ReflectiveOperationException {
    Field field = owner.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(owner);
  }

  private static int descriptors() {
    String[] open = new File("/proc/self/fd").list();
    return open == null ? 0 : open.length;
  }

  /** By their names without numbers; those of the test's own left out. */
  private static Map<String, Long> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(thread -> thread.getName().replaceAll("[-@]?[0-9a-f]*\\d[-0-9a-f]*", ""))
        .filter(name -> !name.startsWith("origin"))
        .collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()));
  }

  private static long heap() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private void drain() {
    while (!over) {
      origins.forEach(RecordingOrigin::drain);
      pause(100);
    }
    origins.forEach(RecordingOrigin::drain);
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(Math.max(0, millis));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Changes rules, switches mirroring, aborts copies. */
  private void operate(Espejo espejo, Path file, Rules rules, Random random, long end) {
    while (System.nanoTime() < end) {
      pause(100 + random.nextInt(900));
      try {
        switch (random.nextInt(6)) {
          case 0, 1 -> apply(espejo, rules.text(random.nextInt(12)));
          case 2 -> RulesYaml.write(file, rules.text(random.nextInt(12)));
          case 3 -> {
            RulesYaml.write(file, rules.text(0).replaceFirst("mirrorPercentage", "mirrorPercent"));
            pause(500);
            RulesYaml.write(file, rules.text(random.nextInt(12)));
          }
          case 4 -> {
            espejo.mirroring(false);
            pause(random.nextInt(200));
            espejo.mirroring(true);
          }
          default -> espejo.abortCopies();
        }
      } catch (IOException | RuntimeException | AssertionError e) {
        wrong.add("operator: " + e);
      }
    }
  }

  private void apply(Espejo espejo, String text) {
    try {
      espejo.apply(List.of(new RuleFile("soak.yaml", text.getBytes(StandardCharsets.UTF_8))));
      reloads.incrementAndGet();
    } catch (RulesException e) {
      throw new AssertionError(e);
    }
  }

  /** A v1 and a v2 for each fault, and a v2 that has all of them by turns. */
  private final class Rules {
    private static final String MIXED = "mixed";
    private static final String BOTH = "both";

    private final StringBuilder services = new StringBuilder();
    private final Random random = new Random(seed - 1);

    Rules() throws IOException {
      for (OriginFault fault : OriginFault.values()) {
        RecordingOrigin primary = service("v1-" + key(fault), fault);
        if (fault == OriginFault.NONE) {
          fault.befall(primary, SoakContract::answerAsV1, () -> {});
        } else {
          fault.befall(primary, () -> {});
        }
        fault.befall(service("v2-" + key(fault), fault), () -> {});
      }
      RecordingOrigin mixed = service("v2-" + MIXED, OriginFault.NONE);
      mixed.behave(connection -> any().behaviour().serve(connection));
    }

    private OriginFault any() {
      synchronized (random) {
        return random.nextBoolean() ? OriginFault.NONE : anyOf(random);
      }
    }

    private RecordingOrigin service(String name, OriginFault fault) throws IOException {
      RecordingOrigin origin = fault.origin(name);
      origins.add(origin);
      services.append(fault.service(name, origin));
      return origin;
    }

    private static String policy(String host, String policy) {
      return """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata:
        name: %1$s
      spec:
        host: %1$s
        trafficPolicy: {%2$s}
      ---
      """
          .formatted(host, policy);
    }

    /** One of twelve sets: the same v1 for each request, with other shares and other pools. */
    String text(int variant) {
      String share = List.of("100.0", "50.0", "5.0").get(variant % 3);
      StringBuilder text = new StringBuilder(services);
      text.append(policy("v1-none", requestsPerConnection(variant % 2 * 20)));
      text.append(policy("v2-none", requestsPerConnection(variant % 3 * 10)));
      text.append(
          policy(
              "v2-" + MIXED,
              "connectionPool: {tcp: {connectTimeout: %dms}}".formatted(1000 + variant % 2)));
      for (OriginFault fault : OriginFault.values()) {
        text.append(routes("v1-" + key(fault), fault, share, variant));
      }
      return text.toString();
    }

    private static String requestsPerConnection(int count) {
      return "connectionPool: {http: {maxRequestsPerConnection: %d}}".formatted(count);
    }

    private String routes(String v1, OriginFault fault, String share, int variant) {
      StringBuilder routes =
          new StringBuilder(
              """
              apiVersion: networking.istio.io/v1
              kind: VirtualService
              metadata:
                name: %1$s
              spec:
                hosts: [%1$s]
                http:
              """
                  .formatted(v1));
      // It would hold for the copies, too.
      String timeout = fault == OriginFault.NONE ? "" : "    timeout: 1s\n";
      for (String mirror : mirrors()) {
        routes.append(
            """
              - match:
                - headers: {x-v2: {exact: %s}}
                route:
                - destination: {host: %s}
            %s"""
                .formatted(mirror, v1, timeout));
        if (mirror.equals(BOTH)) {
          routes.append(
              """
                  mirrors:
                  - {destination: {host: v2-none}, percentage: {value: %1$s}}
                  - {destination: {host: v2-mixed}, percentage: {value: %1$s}}
              """
                  .formatted(share));
        } else if (variant != 11) {
          routes.append(
              """
                  mirror: {host: v2-%s}
                  mirrorPercentage: {value: %s}
              """
                  .formatted(mirror, share));
        }
      }
      return routes.append("---\n").toString();
    }

    static List<String> mirrors() {
      List<String> mirrors = new ArrayList<>(List.of(MIXED, BOTH));
      Arrays.stream(OriginFault.values()).map(SoakContract::key).forEach(mirrors::add);
      return mirrors;
    }
  }

  private static String key(OriginFault fault) {
    return fault.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static OriginFault anyOf(Random random) {
    return OriginFault.values()[random.nextInt(OriginFault.values().length)];
  }

  /** So many bytes as {@code X-Size} says, and the hash of what was received. */
  private static void answerAsV1(OriginConnection connection) throws IOException {
    String sum = connection.readHashed();
    int size = Integer.parseInt(connection.headers().first("X-Size").orElse("0"));
    Answer answer = Answer.of(200).header("X-Sum", sum).body(content(size));
    connection.send(size % 2 == 0 ? answer : answer.chunked());
  }

  private static byte[] content(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return content;
  }

  /** One client at a time: on a connection that it keeps for as long as v1 is well. */
  private final class Client implements Runnable {
    private static final List<String> METHODS = List.of("POST", "PUT", "PATCH");

    private final int port;
    private final Random random;
    private final long end;
    private RawClient connection;

    Client(int port, Random random, long end) {
      this.port = port;
      this.random = random;
      this.end = end;
    }

    @Override
    public void run() {
      long period = TimeUnit.SECONDS.toNanos(1) * CLIENTS / REQUESTS_PER_SECOND;
      for (long next = System.nanoTime(); next < end; next += period) {
        pause((next - System.nanoTime()) / 1_000_000);
        // After an answer that took long, no burst.
        next = Math.max(next, System.nanoTime() - period);
        requests.incrementAndGet();
        OriginFault v1 = random.nextInt(5) > 0 ? OriginFault.NONE : anyOf(random);
        String v2 = Rules.mirrors().get(random.nextInt(Rules.mirrors().size()));
        String what = "v1 " + v1 + ", v2 " + v2;
        try {
          request(v1, v2);
        } catch (IOException e) {
          close();
          if (v1 == OriginFault.NONE) {
            wrong.add(what + ": " + e);
          }
        } catch (RuntimeException | AssertionError e) {
          close();
          wrong.add(what + ": " + e);
        }
      }
      close();
    }

    private void request(OriginFault v1, String v2) throws IOException {
      boolean body = random.nextBoolean();
      int answered = size(1 << 20);
      RawRequest head =
          RawRequest.of(body ? METHODS.get(random.nextInt(METHODS.size())) : "GET", "/soak?n=1")
              .host("v1-" + key(v1))
              .header("X-V2", v2)
              .header("X-Size", Integer.toString(answered));
      // What v1 does not read might keep the client writing.
      byte[] content = content(body ? size(v1 == OriginFault.NONE ? 1 << 20 : 30_000) : 0);
      RawRequest request =
          !body
              ? head
              : random.nextBoolean()
                  ? head.body(content)
                  : head.chunked(content, 1 + random.nextInt(16_384));
      if (connection == null) {
        connection = RawClient.to(port);
      }
      if (random.nextInt(20) == 0) {
        leave(request);
        return;
      }
      RawAnswer answer = connection.send(request).read();
      if (v1 == OriginFault.NONE) {
        check(answer, content, answered);
      } else {
        close();
      }
    }

    /** Mostly small. */
    private int size(int largest) {
      return random.nextInt(random.nextInt(20) == 0 ? largest : 20_000);
    }

    /** Sends a part of it, perhaps reads a part of the answer, and is gone. */
    private void leave(RawRequest request) throws IOException {
      left.incrementAndGet();
      byte[] head = request.headBytes();
      byte[] part = Arrays.copyOf(request.body(), random.nextInt(request.body().length + 1));
      connection.write(head);
      connection.write(part);
      if (part.length == request.body().length && random.nextBoolean()) {
        connection.readHead();
      }
      connection.reset();
      connection = null;
    }

    private void check(RawAnswer answer, byte[] content, int answered) {
      checked.incrementAndGet();
      boolean right =
          answer.status() == 200
              && answer.whole()
              && answer.header("X-Sum").equals(RecordedBody.hashOf(content))
              && answer.body().hash().equals(RecordedBody.hashOf(content(answered)));
      if (!right) {
        throw new AssertionError("sent " + content.length + " bytes, got " + answer);
      }
    }

    private void close() {
      try {
        if (connection != null) {
          connection.close();
        }
      } catch (IOException gone) {
        // It was to be closed.
      }
      connection = null;
    }
  }
}
