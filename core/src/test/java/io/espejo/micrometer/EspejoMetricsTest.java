package io.espejo.micrometer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.Verdict;
import io.espejo.config.ConfigSource;
import io.espejo.config.OwnMirror;
import io.espejo.config.RuleFile;
import io.espejo.config.RulesException;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.RequestBody;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.RulesYaml.Route;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EspejoMetricsTest {
  private static final String V2 = "outbound|8000|v2|httpbin.default.svc.cluster.local";
  private static final String V3 = "outbound|8000|v3|httpbin.default.svc.cluster.local";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @TempDir Path directory;
  private RecordingOrigin origin;
  private Espejo espejo;
  private EspejoMetrics metrics;

  @BeforeEach
  void open() throws Exception {
    origin = RecordingOrigin.start("v1");
    Path file = directory.resolve("rules.yaml");
    rules(Route.to("v1").mirror("v2")).writeTo(file);
    espejo = Espejo.open(ConfigSource.path(file), Settings.DEFAULT);
    metrics = new EspejoMetrics(espejo, Tags.of("app", "shop"));
    metrics.bindTo(registry);
  }

  @AfterEach
  void close() throws Exception {
    metrics.close();
    espejo.close();
    origin.close();
  }

  @Test
  void meters_afterCopies_showTheirOutcomes() throws Exception {
    forward();
    await().untilAsserted(() -> assertThat(copies(V2, "completed", "2xx")).isEqualTo(1));
    espejo.mirroring(false);
    forward();
    assertThat(copies(V2, "dropped", "disabled")).isEqualTo(1);
    assertThat(gauge("espejo.mirroring.enabled")).isZero();
    assertThat(gauge("espejo.copies.active")).isZero();
    assertThat(gauge("espejo.copies.paused")).isZero();
    assertThat(gauge("espejo.copies.memory.max")).isEqualTo(64 << 20);
    assertThat(registry.get("espejo.primary.events").tag("event", "retries").functionCounter())
        .extracting(counter -> counter.count())
        .isEqualTo(0.0);
    origin.take();
    origin.take();
    origin.take();
  }

  @Test
  void tags_areBounded_byRulesAndReasons() {
    long perDestination = 1 + 2L * Reason.values().length + 8;
    assertThat(registry.find("espejo.copies").functionCounters())
        .hasSize((int) perDestination)
        .allSatisfy(
            meter ->
                assertThat(meter.getId().getTags())
                    .extracting(Tag::getKey)
                    .containsExactly("app", "destination", "outcome", "reason"));
    assertThat(registry.getMeters()).allMatch(meter -> meter.getId().getTag("app").equals("shop"));
  }

  @Test
  void reload_destinationsGo_theirMetersToo() throws Exception {
    espejo.apply(files(Route.to("v1").mirror("v3")));
    assertThat(destinations()).containsExactly(V3);
    espejo.apply(files(Route.to("v1")));
    assertThat(destinations()).isEmpty();
    espejo.apply(files(Route.to("v1").mirror("v2")));
    assertThat(destinations()).containsExactly(V2);
  }

  @Test
  void reload_endpointsChange_countsOn() throws Exception {
    espejo.mirroring(false);
    forward();
    assertThat(copies(V2, "dropped", "disabled")).isEqualTo(1);
    try (RecordingOrigin other = RecordingOrigin.start("other")) {
      RecordingOrigin before = origin;
      origin = other;
      espejo.apply(files(Route.to("v1").mirror("v2")));
      origin = before;
      assertThat(copies(V2, "dropped", "disabled")).isEqualTo(1);
    }
    origin.take();
  }

  @Test
  void mirrorOfTheApplicationsOwn_isThereAtOnce() {
    espejo.add(OwnMirror.of("Orders.post", "httpbin", "v3", 8000, 100));
    assertThat(destinations()).containsExactlyInAnyOrder(V2, V3);
  }

  @Test
  void reload_refused_isShownUntilTheNextIsTaken() throws Exception {
    assertThat(gauge("espejo.rules.current")).isEqualTo(1);
    assertThatThrownBy(
            () -> espejo.apply(List.of(new RuleFile("broken.yaml", "kind: [".getBytes(UTF_8)))))
        .isInstanceOf(RulesException.class);
    assertThat(gauge("espejo.rules.current")).isZero();
    assertThat(changes("refused")).isEqualTo(1);
    assertThat(espejo.rules().refusal().get().problems())
        .singleElement()
        .asString()
        .startsWith("broken.yaml:1:");
    espejo.apply(files(Route.to("v1")));
    assertThat(gauge("espejo.rules.current")).isEqualTo(1);
    assertThat(changes("taken")).isEqualTo(2);
    assertThat(espejo.rules().refusal()).isEmpty();
  }

  @Test
  void close_removesEveryMeter_andListensNoMore() throws Exception {
    metrics.close();
    assertThat(registry.getMeters()).isEmpty();
    espejo.apply(files(Route.to("v1").mirror("v3")));
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void listener_throws_rulesAreTakenAllTheSame() throws Exception {
    espejo.addRulesListener(
        () -> {
          throw new IllegalStateException("a user's fault");
        });
    espejo.apply(files(Route.to("v1").mirror("v3")));
    assertThat(espejo.destinations()).extracting(d -> d.name()).containsExactly(V3);
  }

  @Test
  void rules_running_areShownWithoutMatchesAndHeaders() throws Exception {
    espejo.apply(
        files(
            Route.to("v1")
                .mirror("v2", "12.5")
                .match("headers: {x-token: {exact: secret}}")
                .with("headers:", "  request:", "    set:", "      x-key: secret")));
    assertThat(espejo.rules().hosts())
        .singleElement()
        .satisfies(
            host ->
                assertThat(host.routes())
                    .singleElement()
                    .satisfies(
                        route -> {
                          assertThat(route.clusters()).hasSize(1);
                          assertThat(route.mirrors())
                              .singleElement()
                              .satisfies(
                                  mirror -> {
                                    assertThat(mirror.cluster()).isEqualTo(V2);
                                    assertThat(mirror.percent()).isEqualTo(12.5);
                                  });
                        }));
    assertThat(espejo.rules().mirrors())
        .singleElement()
        .satisfies(
            mirror -> {
              assertThat(mirror.paused()).isFalse();
              assertThat(mirror.endpoints())
                  .singleElement()
                  .satisfies(
                      endpoint -> {
                        assertThat(endpoint.address()).isEqualTo("127.0.0.1:" + origin.port());
                        assertThat(endpoint.ejected()).isFalse();
                      });
            });
    assertThat(espejo.rules().toString()).doesNotContain("secret");
  }

  private RulesYaml rules(Route... routes) {
    return RulesYaml.of()
        .service(
            "httpbin", 8000, Map.of("v1", origin.port(), "v2", origin.port(), "v3", origin.port()))
        .routes("httpbin", List.of("httpbin"), routes);
  }

  private List<RuleFile> files(Route... routes) {
    return List.of(new RuleFile("rules.yaml", rules(routes).text().getBytes(UTF_8)));
  }

  private double copies(String destination, String outcome, String reason) {
    return registry
        .get("espejo.copies")
        .tags("destination", destination, "outcome", outcome, "reason", reason)
        .functionCounter()
        .count();
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  private double changes(String result) {
    return registry.get("espejo.rules.changes").tag("result", result).functionCounter().count();
  }

  private List<String> destinations() {
    return registry.getMeters().stream()
        .map(Meter::getId)
        .flatMap(id -> Optional.ofNullable(id.getTag("destination")).stream())
        .distinct()
        .collect(Collectors.toList());
  }

  /** One request through the gateway, up to the end of its answer. */
  private void forward() throws InterruptedException {
    DownstreamRequest request = new Request();
    Response response = new Response();
    espejo.forward((Verdict.Forward) espejo.evaluate(request), request, RequestBody.NONE, response);
    assertThat(response.ended.await(5, TimeUnit.SECONDS)).isTrue();
  }

  private record Request() implements DownstreamRequest {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String authority() {
      return "httpbin";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public Optional<String> query() {
      return Optional.empty();
    }

    @Override
    public Headers headers() {
      return Headers.builder().add("Host", "httpbin").build();
    }

    @Override
    public String peerAddress() {
      return "127.0.0.1";
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }

  private static final class Response implements DownstreamResponse {
    private final CountDownLatch ended = new CountDownLatch(1);

    @Override
    public void start(int status, Headers headers) {}

    @Override
    public void write(ByteBuffer bytes, boolean last, Callback callback) {
      callback.succeeded();
      if (last) {
        ended.countDown();
      }
    }

    @Override
    public void flush(Callback callback) {
      callback.succeeded();
    }

    @Override
    public void trailers(Headers trailers) {}

    @Override
    public void upgrade(Headers headers, Upgrade upgrade) {
      throw new IllegalStateException("nobody asked for it");
    }

    @Override
    public void abort(Throwable cause) {
      ended.countDown();
    }
  }
}
