package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.OriginFault.Reads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * Every fault of v2 and of v1, with every kind of body, whether the client stays or leaves: the
 * client sees what it sees without a mirror, and the copy ends as the tables of {@code
 * docs/outcomes.md} say (SEMANTICS 4).
 *
 * <p>One gateway serves all cells; each has a host, a v1 and a v2 of its own. They run side by
 * side, as most of the time is spent waiting for time limits.
 */
abstract class FaultMatrixContract extends GatewayFixture {
  private static final int LAG = 256 * 1024;

  /** In one packet with the head: what has come of it lies in the container's buffer. */
  private static final int SMALL = 2000;

  /** Whoever reads is waited for, so this need only be larger than the bound. */
  private static final int LARGE = 4 * LAG;

  /** More than the bound and all that two sockets may hold. */
  private static final int LARGE_UNREAD = 16 << 20;

  /** What is sent at first. */
  private static final int FIRST = 1000;

  private static final int PIECE = 64 * 1024;

  /** What a container may keep until more has come, or the rest. */
  private static final int HELD_BACK = 32 * 1024;

  private static final int AT_ONCE = 16;
  private static final String ROUTE_TIMEOUT = "2s";

  /** What of an answer differs each time. */
  private static final List<String> VARYING = List.of("date:", "x-request-id:");

  private final List<Cell> cells = new ArrayList<>();

  FaultMatrixContract(GatewayContract container) {
    super(container);
  }

  /** The columns of the tables. */
  enum Body {
    NONE("no body"),
    LENGTH("length"),
    CHUNKED("chunked"),
    LARGE("larger than the lag bound");

    private final String words;

    Body(String words) {
      this.words = words;
    }
  }

  @TestFactory
  Stream<DynamicNode> matrix() throws Exception {
    OutcomesPage page = OutcomesPage.read();
    ExecutorService clients =
        Executors.newFixedThreadPool(
            AT_ONCE,
            task -> {
              Thread thread = new Thread(task, "matrix-client");
              thread.setDaemon(true);
              return thread;
            });
    bed.afterwards(clients::shutdownNow);
    List<DynamicNode> tables = new ArrayList<>();
    for (boolean atV1 : new boolean[] {false, true}) {
      for (boolean leaves : new boolean[] {false, true}) {
        String heading =
            (atV1 ? "v1 fails" : "v2 fails") + ", the client " + (leaves ? "leaves" : "stays");
        tables.add(table(heading, page.table(heading), atV1, leaves));
      }
    }
    Cell warmUp = new Cell("warm-up", false, OriginFault.UNTRUSTED, Body.NONE, false);
    cells.add(warmUp);
    for (Cell cell : cells) {
      RulesYaml.write(rulesFile.resolveSibling(cell.host + ".yaml"), cell.rules());
    }
    start(
        service().routes("httpbin", List.of("httpbin"), RulesYaml.Route.to("v1")),
        "shadow.maxLagBytes",
        Integer.toString(LAG),
        "shadow.answerTimeout",
        "1500ms",
        "primary.idleTimeout",
        "2500ms");
    bed.afterwards(v1::drain);
    // The first handshake takes a second or more; it must not be the time of a cell.
    warmUp.call();
    cells.remove(warmUp);
    for (Cell cell : cells) {
      cell.result = clients.submit(cell);
    }
    return tables.stream();
  }

  private DynamicNode table(
      String heading, Map<String, Map<String, String>> table, boolean atV1, boolean leaves)
      throws IOException {
    List<DynamicNode> tests = new ArrayList<>();
    List<String> rows = Arrays.stream(OriginFault.values()).map(OriginFault::words).toList();
    tests.add(
        dynamicTest("rows", () -> assertThat(table.keySet()).containsExactlyElementsOf(rows)));
    for (OriginFault fault : OriginFault.values()) {
      for (Body body : Body.values()) {
        if (fault.needsBody() && body == Body.NONE) {
          continue;
        }
        String expected = table.getOrDefault(fault.words(), Map.of()).getOrDefault(body.words, "");
        Cell cell = new Cell("cell-" + cells.size(), atV1, fault, body, leaves);
        cells.add(cell);
        tests.add(
            dynamicTest(
                (atV1 ? "v1 " : "v2 ")
                    + fault.words()
                    + ", "
                    + body.words
                    + (leaves ? ", client leaves" : ", client stays"),
                () -> {
                  if (atV1 && !leaves && fault == OriginFault.ENDLESS) {
                    needs(Capability.CHUNKED_TRUNCATION);
                  }
                  boolean cut = atV1 && body == Body.CHUNKED && !has(Capability.REST_OF_CHUNKS);
                  assertThat(cell.outcome())
                      .isIn(
                          alternatives(
                              cut && expected.equals("503; completed 2xx")
                                  ? expected + " or failed CUT"
                                  : expected));
                }));
      }
    }
    return dynamicContainer(heading, tests);
  }

  /** {@code 503; dropped CUT or failed CUT}. */
  private static List<String> alternatives(String cell) {
    int semicolon = cell.indexOf("; ");
    String before = semicolon < 0 ? "" : cell.substring(0, semicolon + 2);
    return Stream.of(cell.substring(before.length()).split(" or ", -1))
        .map(outcome -> before + outcome)
        .toList();
  }

  /** One request with one fault. */
  private final class Cell implements Callable<String> {
    private final String host;
    private final boolean atV1;
    private final OriginFault fault;
    private final Body body;
    private final boolean leaves;
    private final RecordingOrigin primary;
    private final RecordingOrigin shadow;
    private final byte[] content;
    private volatile CountDownLatch met = new CountDownLatch(1);
    private Future<String> result = new CompletableFuture<>();

    Cell(String host, boolean atV1, OriginFault fault, Body body, boolean leaves)
        throws IOException {
      this.host = host;
      this.atV1 = atV1;
      this.fault = fault;
      this.body = body;
      this.leaves = leaves;
      primary = origin("v1." + host, atV1);
      shadow = origin("v2." + host, !atV1);
      content =
          bytes(
              body == Body.NONE
                  ? 0
                  : body != Body.LARGE
                      ? SMALL
                      : fault.reads() == Reads.LITTLE ? LARGE_UNREAD : LARGE);
      OriginFault primaryFault = atV1 ? fault : OriginFault.NONE;
      OriginFault shadowFault = atV1 ? OriginFault.NONE : fault;
      if (primaryFault == OriginFault.NONE) {
        OriginFault.NONE.befall(primary, this::answerAsV1, () -> met(atV1));
      } else {
        primaryFault.befall(primary, () -> met(atV1));
      }
      shadowFault.befall(shadow, () -> met(!atV1));
    }

    /** Not the bed's: requests that were cut are recorded when they are, and nobody waits. */
    private RecordingOrigin origin(String name, boolean faulty) throws IOException {
      RecordingOrigin origin = fault(faulty).origin(name);
      bed.afterwards(origin::close);
      return origin;
    }

    private OriginFault fault(boolean faulty) {
      return faulty ? fault : OriginFault.NONE;
    }

    private void met(boolean byTheFaulty) {
      if (byTheFaulty) {
        met.countDown();
      }
    }

    /** Says what it received, and more than fits any buffer to a client that will leave. */
    private void answerAsV1(OriginConnection connection) throws IOException {
      connection.readBody();
      connection.send(
          Answer.of(200)
              .header("Set-Cookie", "a=1")
              .header("ETag", "\"x\"")
              .header("Set-Cookie", "b=2")
              .body(bytes(leaves ? 8 << 20 : 50_000))
              .chunked());
    }

    String rules() throws IOException {
      String timeout = atV1 ? "\n    timeout: " + ROUTE_TIMEOUT : "";
      return fault(atV1).service(host + "-v1", primary)
          + fault(!atV1).service(host + "-v2", shadow)
          + """
          apiVersion: networking.istio.io/v1
          kind: VirtualService
          metadata:
            name: %1$s
          spec:
            hosts: [%1$s]
            http:
            - match:
              - uri: {prefix: /plain}
              route:
              - destination: {host: %1$s-v1}%2$s
            - route:
              - destination: {host: %1$s-v1}
              mirror: {host: %1$s-v2}%2$s
          """
              .formatted(host, timeout);
    }

    String outcome() throws Exception {
      return result.get(60, TimeUnit.SECONDS);
    }

    @Override
    public String call() throws Exception {
      try {
        return leaves ? leave() : stay();
      } finally {
        primary.drain();
        shadow.drain();
      }
    }

    private String stay() throws Exception {
      Seen plain = exchange("/plain");
      met = new CountDownLatch(1);
      Seen mirrored = exchange("/mirrored");
      assertThat(mirrored).as("with a mirror, as without").isEqualTo(plain);
      if (!atV1) {
        assertThat(mirrored.keptAlive()).isTrue();
      }
      String seen = mirrored.head().get(0).split(" ", -1)[1] + (mirrored.whole() ? "" : " broken");
      return atV1 ? seen + "; " + copy() : copy();
    }

    /** What became of the only copy. */
    private String copy() {
      if (unmirrored()) {
        return "not mirrored";
      }
      await("the outcome", this::settled);
      OutcomeCounts counts = counts();
      assertThat(counts.considered()).as("considered copies").isEqualTo(1);
      String outcome = describe(counts);
      if (outcome.endsWith("CUT") && (atV1 || fault.reads() == Reads.ALL)) {
        await("v2 has no connection", () -> shadow.openConnections() == 0);
        assertThat(shadow.drain()).as("v2's requests").noneMatch(RecordedRequest::whole);
      }
      return outcome.startsWith("completed") ? outcome + "xx" : outcome;
    }

    private boolean unmirrored() {
      return atV1 && fault == OriginFault.UNRESOLVABLE;
    }

    private OutcomeCounts counts() {
      return gateway()
          .outcomesByDestination()
          .getOrDefault(
              "outbound|8000||" + host + "-v2.default.svc.cluster.local", OutcomeCounts.ZERO);
    }

    private boolean settled() {
      OutcomeCounts counts = counts();
      return counts.considered() > 0 && counts.inFlight() == 0;
    }

    private boolean atV2(int bytes) {
      return shadow.bodyBytes() >= bytes || settled() || unmirrored();
    }

    /** One request and, where its connection may take one, a second. */
    private Seen exchange(String path) throws Exception {
      try (RawClient client = RawClient.to(gateway().port())) {
        boolean mirrored = path.equals("/mirrored");
        if (body == Body.NONE || (atV1 && body != Body.LARGE)) {
          client.send(body == Body.NONE ? head(path) : framed(path));
        } else {
          sendBeside(client, path, mirrored);
        }
        RawAnswer answer = client.read();
        // A large request may be under way yet when v1 has failed.
        boolean over = !atV1 || body != Body.LARGE;
        List<String> varying = over ? VARYING : List.of("date:", "x-request-id:", "connection:");
        boolean keptAlive = over && answer.whole() && takesAnother(client);
        if (!atV1) {
          RecordedRequest received = primary.take();
          assertThat(received.whole()).as("v1 has it whole").isTrue();
          assertThat(received.body().hash()).isEqualTo(RecordedBody.hashOf(content));
        }
        return new Seen(
            answer.head().stream()
                .filter(line -> varying.stream().noneMatch(lower(line)::startsWith))
                .toList(),
            answer.framing(),
            answer.whole() ? answer.body().hash() : "",
            answer.whole(),
            keptAlive);
      }
    }

    private RawRequest head(String path) {
      return RawRequest.of(body == Body.NONE ? "GET" : "POST", path).host(host);
    }

    private RawRequest framed(String path) {
      return body == Body.CHUNKED ? head(path).chunked(content, FIRST) : head(path).body(content);
    }

    private RawClient begin(RawClient client, String path) throws IOException {
      client.sendHead(
          body == Body.LENGTH || body == Body.LARGE
              ? head(path).header("Content-Length", Integer.toString(content.length))
              : head(path).header("Transfer-Encoding", "chunked"));
      return piece(client, 0, FIRST);
    }

    private RawClient piece(RawClient client, int from, int to) throws IOException {
      byte[] piece = Arrays.copyOfRange(content, from, to);
      return body == Body.CHUNKED ? client.chunk(piece) : client.write(piece);
    }

    /** Sends the request beside the reader, as v1 may answer, and stop reading, at any time. */
    private void sendBeside(RawClient client, String path, boolean mirrored) throws IOException {
      begin(client, path);
      Thread sender =
          new Thread(
              () -> {
                try {
                  sendRest(client, mirrored);
                } catch (IOException over) {
                  // The gateway has ended the connection, which shows in the answer.
                }
              },
              "matrix-sender");
      sender.setDaemon(true);
      sender.start();
    }

    private void sendRest(RawClient client, boolean mirrored) throws IOException {
      if (mirrored && !atV1 && (fault != OriginFault.UNTRUSTED || body == Body.LARGE)) {
        // A handshake may take long on a busy machine, and v1 is not to wait for it.
        awaitMet();
      }
      for (int from = FIRST; from < content.length; from += PIECE) {
        int to = Math.min(content.length, from + PIECE);
        piece(client, from, to);
        if (mirrored && (atV1 || fault.reads() == Reads.ALL)) {
          int seen = has(Capability.BYTES_AS_THEY_COME) ? to : to - HELD_BACK;
          await("v2 at " + seen, () -> atV2(seen));
        }
      }
      if (body == Body.CHUNKED) {
        client.chunk(new byte[0]);
      }
    }

    /** The fault is at work; where it ends the exchange by itself, it has. */
    private void awaitMet() {
      boolean over = fault.reads() == Reads.HEAD || fault.reads() == Reads.NOTHING;
      await("the fault", () -> over && !atV1 ? settled() : met.getCount() == 0);
    }

    private boolean takesAnother(RawClient client) {
      try {
        RawAnswer second = client.exchange(RawRequest.get("/again"));
        return second.status() == 200 && second.whole();
      } catch (IOException | IndexOutOfBoundsException closed) {
        return false;
      }
    }

    private String leave() throws Exception {
      RawClient client = RawClient.to(gateway().port());
      try (client) {
        if (body == Body.NONE) {
          client.send(head("/mirrored"));
          if (!atV1 || unmirrored()) {
            client.readHead();
          } else {
            await("a copy", () -> counts().considered() > 0);
          }
        } else {
          begin(client, "/mirrored");
          if (!atV1) {
            awaitMet();
          } else {
            await("a copy", () -> atV2(FIRST));
          }
        }
        if (atV1 && fault.listens() && fault != OriginFault.UNTRUSTED) {
          awaitMet();
        }
        client.reset();
      }
      return copy();
    }
  }

  private static String lower(String line) {
    return line.toLowerCase(Locale.ROOT);
  }

  /** Less often than the test bed asks, as many do so at once. */
  private static void await(String what, BooleanSupplier condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(5))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(15))
        .until(condition::getAsBoolean);
  }

  /** What a client sees of an answer, but for what differs each time. */
  private record Seen(
      List<String> head, Framing framing, String hash, boolean whole, boolean keptAlive) {}
}
