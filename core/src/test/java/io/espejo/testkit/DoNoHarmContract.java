package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.espejo.exchange.OutcomeCounts;
import io.espejo.testkit.ApplicationContract.Application;
import io.espejo.testkit.ReadingStyle.Copy;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * An application that takes requests in every way answers each as it does without the filter,
 * whatever v2 does; and a v2 that is well gets what the client sent.
 *
 * <p>One container serves all cells; each fault has a v2 of its own.
 */
abstract class DoNoHarmContract extends GatewayFixture {
  private static final int AT_ONCE = 16;

  /** A page may show the stack of a failure, in which the filter is seen. */
  private static final Pattern FRAME =
      Pattern.compile("at (\\[internal classes]|[\\w.$]+\\([^)]*\\))(<br>)?");

  /** Beyond it a copy is reset; some bodies are larger. */
  private static final String LAG = "32768";

  private static final Seen NO_ANSWER = new Seen(List.of(), "no answer", false, "");

  private final Application application;
  private final List<ReadingStyle> styles = ReadingStyle.all();

  DoNoHarmContract(Application application) {
    super(
        new GatewayContract() {
          @Override
          protected Gateway start(Path rules, Map<String, String> settings) throws Exception {
            return application.start(Optional.of(rules), settings);
          }

          @Override
          protected Gateway startHttp2(Path rules, Map<String, String> settings) throws Exception {
            return start(rules, settings);
          }
        });
    this.application = application;
  }

  /** What this container cannot do, with the reason. */
  protected Map<Capability, String> lacks() {
    return Map.of();
  }

  @Override
  Map<Capability, String> lacked() {
    return lacks();
  }

  /** What a client sees of an answer, and of its connection. */
  private record Seen(List<String> head, String body, boolean whole, String next) {}

  @TestFactory
  Stream<DynamicNode> styles() throws Exception {
    ExecutorService clients =
        Executors.newFixedThreadPool(
            AT_ONCE,
            task -> {
              Thread thread = new Thread(task, "harm-client");
              thread.setDaemon(true);
              return thread;
            });
    bed.afterwards(clients::shutdownNow);
    Gateway bare = application.start(Optional.empty(), Map.of());
    bed.afterwards(bare::close);

    StringBuilder rules = new StringBuilder();
    List<Route> routes = new ArrayList<>();
    List<Table> tables = new ArrayList<>();
    for (OriginFault fault : OriginFault.values()) {
      Table table = new Table(fault);
      tables.add(table);
      rules.append(fault.service(table.name, table.origin));
      routes.add(
          Route.to("v1")
              .with("name: " + table.name)
              .match("headers: {x-fault: {exact: " + table.name + "}}")
              .with("mirror: {host: " + table.name + "}"));
    }
    RulesYaml.write(
        rulesFile,
        rules
            + routes(routes.toArray(Route[]::new))
                .policy("well", "sectionName: v2-0", "limits: {maxLagBytes: 1048576}")
                .text());
    start(
        rulesFile.getParent(),
        Map.of(
            "local",
            "httpbin/v1",
            "shadow.answerTimeout",
            "1s",
            "shadow.bodyTimeout",
            "1s",
            "shadow.maxLagBytes",
            LAG,
            "shadow.failuresToPause",
            "1000000"));
    List<Future<Seen>> expected = new ArrayList<>();
    for (int i = 0; i < styles.size(); i++) {
      RawRequest request = styles.get(i).request();
      expected.add(clients.submit(() -> exchange(bare, request)));
    }
    // The well one last: its copies have little time, and a server that was just started is slow.
    for (int i = tables.size() - 1; i >= 0; i--) {
      tables.get(i).run(clients);
    }
    return Stream.of(
        dynamicContainer(
            "answers",
            IntStream.range(0, styles.size())
                .mapToObj(
                    style ->
                        dynamicTest(
                            styles.get(style).name(),
                            () -> assertSame(tables, style, get(expected.get(style)))))),
        dynamicContainer(
            "copies",
            IntStream.range(0, styles.size())
                .mapToObj(
                    style ->
                        dynamicTest(
                            styles.get(style).name(),
                            () -> tables.get(OriginFault.NONE.ordinal()).assertCopy(style)))),
        dynamicContainer(
            "outcomes",
            tables.stream()
                .map(table -> dynamicTest("v2 " + table.fault.words(), table::assertSettled))));
  }

  private void assertSame(List<Table> tables, int style, Seen expected) throws Exception {
    if (lost(style, expected)) {
      needs(Capability.EVERY_TIMEOUT);
    }
    int lost = 0;
    for (Table table : tables) {
      if (lost(style, get(table.seen.get(style)))) {
        lost++;
      } else {
        assertThat(get(table.seen.get(style)))
            .as("%s, v2 %s", styles.get(style).name(), table.fault.words())
            .isEqualTo(expected);
      }
    }
    assertThat(lost).as("lost time-outs").isLessThanOrEqualTo(1);
    if (lost > 0) {
      needs(Capability.EVERY_TIMEOUT);
    }
  }

  /** Whether the container has forgotten to tell of a time-out, as some do once in a while. */
  private boolean lost(int style, Seen seen) {
    return !has(Capability.EVERY_TIMEOUT)
        && styles.get(style).name().startsWith("/life/timeout")
        && seen.equals(NO_ANSWER);
  }

  private static Seen exchange(Gateway with, RawRequest request) throws IOException {
    try (RawClient client = RawClient.to(with.port())) {
      RawAnswer answer;
      try {
        answer = client.exchange(request);
      } catch (AssertionError noAnswer) {
        return NO_ANSWER;
      }
      List<String> head = new ArrayList<>(answer.head());
      head.removeIf(line -> line.regionMatches(true, 0, "date:", 0, 5));
      String body = FRAME.matcher(answer.text()).replaceAll("");
      if (body.length() < answer.text().length()) {
        head.removeIf(line -> line.regionMatches(true, 0, "content-length:", 0, 15));
      }
      return new Seen(head, body, answer.whole(), next(client));
    }
  }

  /** What the connection has for one more request. */
  private static String next(RawClient client) {
    try {
      return client.exchange(RawRequest.get("/nothing")).head().get(0);
    } catch (IOException | IndexOutOfBoundsException closed) {
      return "closed";
    }
  }

  /** All styles with one fault of v2. */
  private final class Table {
    private final OriginFault fault;
    private final String name;
    private final RecordingOrigin origin;
    private final List<Future<Seen>> seen = new ArrayList<>();
    private final CompletableFuture<Map<String, List<RecordedRequest>>> copies =
        new CompletableFuture<>();

    Table(OriginFault fault) throws IOException {
      this.fault = fault;
      this.name = "v2-" + fault.ordinal();
      this.origin = fault.origin(name);
      bed.afterwards(origin::close);
      fault.befall(origin, () -> {});
    }

    void run(ExecutorService clients) {
      for (int i = 0; i < styles.size(); i++) {
        RawRequest request =
            styles.get(i).request().header("x-fault", name).header("x-style", Integer.toString(i));
        seen.add(clients.submit(() -> DoNoHarmContract.exchange(gateway(), request)));
      }
    }

    void assertSettled() {
      TestBed.await(name + " has no copy in flight", () -> counts().inFlight() == 0);
      assertThat(counts().considered()).isEqualTo(styles.size());
      origin.drain();
    }

    private OutcomeCounts counts() {
      return gateway()
          .outcomesByDestination()
          .getOrDefault(
              "outbound|8000||" + name + ".default.svc.cluster.local", OutcomeCounts.ZERO);
    }

    /** By style, whatever was whole. */
    private Map<String, List<RecordedRequest>> atV2() throws Exception {
      if (!copies.isDone()) {
        for (Future<Seen> answer : seen) {
          get(answer);
        }
        TestBed.await("no copy in flight", () -> counts().inFlight() == 0);
        TestBed.await("v2 has read all", () -> origin.listeningConnections() == 0);
        copies.complete(
            origin.drain().stream()
                .filter(RecordedRequest::whole)
                .collect(
                    Collectors.groupingBy(copy -> copy.headers().first("x-style").orElse("none"))));
      }
      return copies.join();
    }

    void assertCopy(int index) throws Exception {
      ReadingStyle style = styles.get(index);
      if (lost(index, get(seen.get(index)))) {
        needs(Capability.EVERY_TIMEOUT);
      }
      List<RecordedRequest> whole = atV2().getOrDefault(Integer.toString(index), List.of());
      if (style.copy() == Copy.NONE) {
        assertThat(whole).as(style.name()).isEmpty();
        return;
      }
      boolean mayBeNone =
          switch (style.copy()) {
            case SAME_OR_NONE, ANY -> true;
            case LEFT -> !has(Capability.AVAILABLE);
            default -> false;
          };
      if (mayBeNone && whole.isEmpty()) {
        return;
      }
      assertThat(whole).as(() -> style.name() + ": " + describe(counts())).hasSize(1);
      RecordedRequest copy = whole.get(0);
      boolean rebuilt = copy.headers().contains("x-espejo-rebuilt");
      if (rebuilt) {
        assertThat(style.copy()).as(style.name()).isIn(Copy.REBUILT, Copy.ANY);
        assertThat(pairs(copy.body().text()))
            .isEqualTo(pairs(new String(style.sent(), StandardCharsets.ISO_8859_1)));
      } else {
        assertThat(copy.body().length()).isEqualTo(style.sent().length);
        assertThat(copy.body().hash()).isEqualTo(RecordedBody.hashOf(style.sent()));
      }
    }
  }

  /** Of a form, or the one of another body; in their order if the container knows it. */
  List<String> pairs(String body) {
    Stream<String> pairs = Stream.of(body.toLowerCase(Locale.ROOT).split("&", -1));
    return (has(Capability.FORM_ORDER) ? pairs : pairs.sorted()).toList();
  }

  private static Seen get(Future<Seen> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }
}
