package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espejo.EspejoMXBean;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import javax.management.JMX;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two origins, v1 and v2, and a gateway before them that each test starts with its own rules. */
abstract class GatewayFixture {
  @RegisterExtension final TestBed bed = new TestBed();

  @TempDir Path dir;

  RecordingOrigin v1;
  RecordingOrigin v2;
  Path rulesFile;

  /** Limits that a copy reaches while the test waits. */
  static final String[] SHORT_LIMITS = {
    "shadow.answerTimeout", "400ms", "shadow.bodyTimeout", "400ms", "shadow.connectTimeout", "400ms"
  };

  private final GatewayContract container;
  private @Nullable Gateway gateway;

  GatewayFixture(GatewayContract container) {
    this.container = container;
  }

  @BeforeEach
  void startOrigins() throws IOException {
    v1 = bed.origin("v1");
    v2 = bed.origin("v2");
    rulesFile = Files.createDirectory(dir.resolve("rules")).resolve("httpbin.yaml");
  }

  /** The service httpbin with the endpoints v1 and v2, and no route. */
  RulesYaml service() {
    return RulesYaml.of().service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port()));
  }

  /** That service, and one VirtualService for all hosts. */
  RulesYaml routes(Route... routes) {
    return service().routes("httpbin", List.of("*"), routes);
  }

  /** Everything to v1, and a copy of everything to v2. */
  RulesYaml mirrored() {
    return routes(Route.to("v1").mirror("v2"));
  }

  /** Starts the gateway on the directory of {@link #rulesFile}; settings are name, value, ... */
  void start(RulesYaml rules, String... settings) throws Exception {
    Map<String, String> named = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      named.put(settings[i], settings[i + 1]);
    }
    rules.writeTo(rulesFile);
    start(rulesFile.getParent(), named);
  }

  void start(Path rules, Map<String, String> settings) throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    all.putIfAbsent("gateways", "mesh," + RulesYaml.ANY_HOST);
    Gateway started = open(container, rules, all);
    gateway = started;
    bed.afterwards(() -> end(started));
  }

  /** Starts the container. */
  Gateway open(GatewayContract with, Path rules, Map<String, String> settings) throws Exception {
    return with.start(rules, settings);
  }

  boolean started() {
    return gateway != null;
  }

  Gateway gateway() {
    Gateway started = gateway;
    if (started == null) {
      throw new IllegalStateException("the test has not started its gateway");
    }
    return started;
  }

  /** A connection to the gateway that ends with the test. */
  RawClient client() throws IOException {
    RawClient client = RawClient.to(gateway().port());
    bed.afterwards(client::close);
    return client;
  }

  /** One request on a connection of its own. */
  RawAnswer exchange(RawRequest request) throws IOException {
    return RawClient.once(gateway().port(), request);
  }

  RawAnswer get(String target) throws IOException {
    return exchange(RawRequest.get(target));
  }

  /** The outcomes once no copy is in flight. */
  OutcomeCounts settled() {
    TestBed.await("no copy in flight", () -> gateway().outcomes().inFlight() == 0);
    return gateway().outcomes();
  }

  /** The outcome of the only copy: {@code completed 2}, {@code failed RESET}, ... */
  String onlyOutcome() {
    OutcomeCounts counts = settled();
    assertThat(counts.considered()).as("considered copies").isEqualTo(1);
    return describe(counts);
  }

  /** The counters of the instance. */
  EspejoMXBean counters() throws Exception {
    return JMX.newMXBeanProxy(
        gateway().jmx(),
        new ObjectName("io.espejo:type=Espejo,instance=espejo"),
        EspejoMXBean.class);
  }

  /** Takes what v2 saw of the only copy, unless it was dropped before v2 saw any of it. */
  void takeCopyIfSent() {
    if (settled().dropped() == 0) {
      v2.take();
    }
  }

  /** All that v2 has seen, once no connection to it is left that could bring more. */
  List<RecordedRequest> allAtV2() {
    settled();
    TestBed.await("v2 has no connection", () -> v2.openConnections() == 0);
    return v2.drain();
  }

  /** The only copy was cut short: v2 has seen a part of it at most. */
  void assertCopyCut() {
    assertThat(onlyOutcome()).isIn("failed CUT", "dropped CUT");
    assertThat(allAtV2()).noneMatch(RecordedRequest::whole);
  }

  /** Every kind of outcome that was counted, in words. */
  static String describe(OutcomeCounts counts) {
    StringBuilder words = new StringBuilder();
    if (counts.sampledOut() > 0) {
      words.append(" sampled out");
    }
    for (Reason reason : Reason.values()) {
      words.append(counts.dropped(reason) > 0 ? " dropped " + reason : "");
      words.append(counts.failed(reason) > 0 ? " failed " + reason : "");
    }
    for (int statusClass = 1; statusClass <= 5; statusClass++) {
      words.append(counts.completed(statusClass) > 0 ? " completed " + statusClass : "");
    }
    return words.toString().strip();
  }

  /** What the container cannot do, with the reason. */
  Map<Capability, String> lacked() {
    return container.lacks();
  }

  /** Skips the test, with the container's reason, when it lacks this. */
  void needs(Capability capability) {
    Optional<String> reason = Optional.ofNullable(lacked().get(capability));
    assumeTrue(reason.isEmpty(), () -> capability + ": " + reason.orElse(""));
  }

  /** Whether the container does not lack this. */
  boolean has(Capability capability) {
    return !lacked().containsKey(capability);
  }

  /** Whether the container keeps the client's connection after an answer with this status. */
  boolean keepsAliveAfter(int status) {
    return switch (status) {
      case 400, 500, 501, 503 -> has(Capability.KEEP_ALIVE_AFTER_ERRORS);
      case 404, 502, 504 -> has(Capability.KEEP_ALIVE_AFTER_404);
      default -> true;
    };
  }

  /** Waits until nothing is added for a while. */
  static void awaitStill(AtomicLong count) {
    TestBed.await("something is added", () -> count.get() > 0);
    awaitStill(count::get);
  }

  /** Waits until what is counted has not changed for 40 looks. */
  static void awaitStill(LongSupplier count) {
    long[] last = {-1, 0};
    TestBed.await(
        "nothing is added",
        () -> {
          long now = count.getAsLong();
          last[1] = now == last[0] ? last[1] + 1 : 0;
          last[0] = now;
          return last[1] >= 40;
        });
  }

  /** Bytes that no compression and no repetition makes alike. */
  static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** The threads that Espejo started and that live. */
  static List<String> espejoThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("espejo-"))
        .sorted()
        .toList();
  }

  /** So many requests on one connection of the client; v1 has each whole, the client its answer. */
  void assertV1Serves(RawRequest request, int count) throws IOException {
    byte[] expected = bytes(40_000);
    v1.behave(Behaviour.answer(Answer.of(200).header("X-From", "v1").body(expected)));
    RawClient client = client();
    Set<String> hashes = new HashSet<>();
    for (int i = 0; i < count; i++) {
      RawAnswer answer = client.exchange(request);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("X-From")).isEqualTo("v1");
      assertThat(answer.whole()).isTrue();
      assertThat(answer.body().hash()).isEqualTo(RecordedBody.hashOf(expected));
      RecordedRequest received = v1.take();
      assertThat(received.whole()).isTrue();
      hashes.add(received.body().length() + " " + received.body().hash());
    }
    assertThat(hashes).hasSize(1);
  }

  /** One upload that goes on once {@code mirror} has misbehaved within it. */
  void assertV1ServesUpload(int size, RecordingOrigin mirror) throws IOException {
    byte[] first = bytes(20_000);
    byte[] rest = bytes(size);
    RawClient client = client();
    client.sendHead(RawRequest.post("/").header("Transfer-Encoding", "chunked")).chunk(first);
    assertThat(mirror.take().whole()).isFalse();
    client.chunk(rest).chunk(new byte[0]);

    assertThat(client.read().text()).isEqualTo("v1");

    RecordedRequest received = v1.take();
    assertThat(received.whole()).isTrue();
    assertThat(received.body().length()).isEqualTo(first.length + size);
  }

  RulesYaml mirroredTo(int port) {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", port))
        .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2"));
  }

  private void end(Gateway started) throws Exception {
    try {
      TestBed.await("no copy in flight at the end", () -> started.outcomes().inFlight() == 0);
    } finally {
      long begun = System.nanoTime();
      started.close();
      assertThat(Duration.ofNanos(System.nanoTime() - begun))
          .as("closing, with nothing under way")
          .isLessThan(Duration.ofSeconds(5));
    }
    OutcomeCounts counts = started.outcomes();
    assertThat(counts.inFlight()).as("outcomes add up after close: " + counts).isZero();
    assertThat(started.lentBuffers()).as("buffers that nobody gave back").isZero();
    TestBed.await("no thread left: " + started.threads(), () -> started.threads().isEmpty());
  }
}
