package io.espejo.demo;

import io.espejo.Espejo;
import io.espejo.RunningRules;
import io.espejo.exchange.CopyDestination;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.micrometer.EspejoMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonWriter;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * What an operator reads of the gateway: {@code /metrics}, {@code /healthz}, {@code /readyz},
 * {@code /rules} and {@code /outcomes}.
 *
 * <p>It changes nothing. A page of a stranger's site, in a browser on this machine, cannot read it:
 * it grants no other origin anything, and answers to no Host but loopback's, so that a name of the
 * stranger's that leads here does not help (DNS rebinding).
 */
final class AdminHandler extends Handler.Abstract {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]", Pattern.CASE_INSENSITIVE);

  private static final HttpField READ_ONLY = new HttpField(HttpHeader.ALLOW, "GET, HEAD");
  private static final HttpField NO_STORE = new HttpField(HttpHeader.CACHE_CONTROL, "no-store");
  private static final HttpField NO_SNIFF = new HttpField("X-Content-Type-Options", "nosniff");
  private static final String TEXT = "text/plain;charset=utf-8";
  private static final JsonProvider JSON = JsonProvider.provider();

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  private final BooleanSupplier closing;
  private volatile @Nullable Espejo espejo;

  private record Page(int status, String type, String body) {
    static Page text(int status, String line) {
      return new Page(status, TEXT, line + "\n");
    }

    static Page json(JsonObjectBuilder object) {
      StringWriter text = new StringWriter();
      try (JsonWriter writer =
          JSON.createWriterFactory(Map.of(JsonGenerator.PRETTY_PRINTING, true))
              .createWriter(text)) {
        writer.write(object.build());
      }
      return new Page(200, "application/json", text + "\n");
    }
  }

  /** Not ready until {@link #show}, and no more once {@code closing}. */
  AdminHandler(BooleanSupplier closing) {
    this.closing = closing;
  }

  /** What to tell of from now on. */
  void show(Espejo running) {
    new EspejoMetrics(running).bindTo(registry);
    espejo = running;
  }

  /** The same of the access log. */
  void show(GatewayLog log) {
    FunctionCounter.builder("espejo.access.log.lost", log, GatewayLog::lost)
        .description("Lines of the access log that were not written")
        .register(registry);
  }

  /** The same of what the gateway's clients may take. */
  void show(LimitCounter limited) {
    for (LimitCounter.Limit limit : LimitCounter.Limit.values()) {
      FunctionCounter.builder("espejo.clients.limited", limited, counter -> counter.times(limit))
          .tag("limit", limit.word())
          .description("How often a limit on the gateway's clients took hold")
          .register(registry);
    }
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Page page = page(request);
    byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
    response.setStatus(page.status());
    response
        .getHeaders()
        .put(HttpHeader.CONTENT_TYPE, page.type())
        .put(HttpHeader.CONTENT_LENGTH, body.length)
        .put(NO_STORE)
        .put(NO_SNIFF);
    if (page.status() == 405) {
      response.getHeaders().put(READ_ONLY);
    }
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }

  private Page page(Request request) {
    if (!LOOPBACK.matcher(String.valueOf(Request.getServerName(request))).matches()) {
      return Page.text(421, "this answers to localhost, 127.0.0.1 and [::1] only");
    }
    if (!HttpMethod.GET.is(request.getMethod()) && !HttpMethod.HEAD.is(request.getMethod())) {
      return Page.text(405, "read-only");
    }
    Espejo running = espejo;
    return switch (Request.getPathInContext(request)) {
      case "/healthz" -> Page.text(200, "ok");
      case "/readyz" ->
          closing.getAsBoolean()
              ? Page.text(503, "closing")
              : running == null || !running.accepting()
                  ? Page.text(503, "no rules yet")
                  : Page.text(200, "ready");
      case "/metrics" ->
          new Page(200, "text/plain; version=0.0.4; charset=utf-8", registry.scrape());
      case "/rules" ->
          running == null ? Page.text(503, "no rules yet") : Page.json(rules(running.rules()));
      case "/outcomes" ->
          running == null ? Page.text(503, "no rules yet") : Page.json(outcomes(running));
      default -> Page.text(404, "one of /metrics, /healthz, /readyz, /rules, /outcomes");
    };
  }

  private static JsonObjectBuilder rules(RunningRules rules) {
    JsonObjectBuilder all = object().add("source", rules.source());
    all.add("taken", rules.taken().toString());
    rules
        .refusal()
        .ifPresent(
            refusal ->
                all.add(
                    "refused",
                    object()
                        .add("time", refusal.time().toString())
                        .add("problems", JSON.createArrayBuilder(refusal.problems()))));
    JsonArrayBuilder hosts = array();
    for (RunningRules.Host host : rules.hosts()) {
      JsonArrayBuilder routes = array();
      host.routes().forEach(route -> routes.add(route(route)));
      hosts.add(
          object()
              .add("name", host.name())
              .add("domains", JSON.createArrayBuilder(host.domains()))
              .add("routes", routes));
    }
    return all.add("virtualHosts", hosts)
        .add("clusters", destinations(rules.primaries(), false))
        .add("mirrors", destinations(rules.mirrors(), true));
  }

  private static JsonObjectBuilder route(RunningRules.Route route) {
    JsonArrayBuilder clusters = array();
    route
        .clusters()
        .forEach(c -> clusters.add(object().add("cluster", c.cluster()).add("weight", c.weight())));
    JsonArrayBuilder mirrors = array();
    route.mirrors().forEach(mirror -> mirrors.add(mirror(mirror)));
    return object().add("name", route.name()).add("clusters", clusters).add("mirrors", mirrors);
  }

  private static JsonObjectBuilder mirror(RunningRules.Mirror mirror) {
    JsonObjectBuilder told =
        object().add("cluster", mirror.cluster()).add("percent", mirror.percent());
    if (!mirror.policy().isEmpty()) {
      told.add("policy", mirror.policy());
    }
    mirror.expires().ifPresent(expires -> told.add("expires", expires.toString()));
    return told;
  }

  private static JsonArrayBuilder destinations(
      List<RunningRules.Destination> destinations, boolean mirrors) {
    JsonArrayBuilder all = array();
    for (RunningRules.Destination destination : destinations) {
      JsonObjectBuilder one = object().add("cluster", destination.cluster());
      if (mirrors) {
        one.add("paused", destination.paused());
      }
      JsonArrayBuilder endpoints = array();
      destination
          .endpoints()
          .forEach(
              endpoint ->
                  endpoints.add(
                      object()
                          .add("address", endpoint.address())
                          .add("ejected", endpoint.ejected())
                          .add("requests", endpoint.requests())));
      all.add(one.add("endpoints", endpoints));
    }
    return all;
  }

  private static JsonObjectBuilder outcomes(Espejo espejo) {
    JsonObjectBuilder destinations = object();
    espejo.destinations().stream()
        .sorted(Comparator.comparing(CopyDestination::name))
        .forEach(destination -> destinations.add(destination.name(), counts(destination.counts())));
    JsonObjectBuilder primary = object();
    new TreeMap<>(espejo.primaryCounts().byName()).forEach(primary::add);
    return object()
        .add("total", counts(espejo.outcomes()))
        .add("destinations", destinations)
        .add("primary", primary);
  }

  private static JsonObjectBuilder counts(OutcomeCounts counts) {
    JsonObjectBuilder completed = object();
    new TreeMap<>(counts.completedBy()).forEach((digit, n) -> completed.add(digit + "xx", n));
    return object()
        .add("considered", counts.considered())
        .add("in_flight", counts.inFlight())
        .add("sampled_out", counts.sampledOut())
        .add("dropped", reasons(counts.droppedBy()))
        .add("failed", reasons(counts.failedBy()))
        .add("completed", completed);
  }

  private static JsonObjectBuilder reasons(Map<Reason, Long> counts) {
    JsonObjectBuilder reasons = object();
    new TreeMap<>(counts)
        .forEach((reason, n) -> reasons.add(reason.name().toLowerCase(Locale.ROOT), n));
    return reasons;
  }

  private static JsonObjectBuilder object() {
    return JSON.createObjectBuilder();
  }

  private static JsonArrayBuilder array() {
    return JSON.createArrayBuilder();
  }
}
