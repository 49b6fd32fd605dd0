package io.espejo.benchmark;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import io.espejo.config.RulesException;
import io.espejo.servlet.MirrorFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What the filter adds to a small GET that the application itself answers, and of which no copy is
 * sent. The container is a stub, so what it takes to show a request is not in here.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class FilterBenchmark {
  /**
   * {@code no-rule}: no host of the rules is the request's; {@code no-match}: no route of its host
   * is; {@code no-mirror}: one without a mirror; {@code sampled-out}: one with a mirror for no
   * request, as it is drawn for all: the stubs could not carry a copy.
   */
  @Param({"no-rule", "no-match", "no-mirror", "sampled-out"})
  public String rule = "no-rule";

  private Optional<Espejo> espejo = Optional.empty();
  private MirrorFilter running = new MirrorFilter();
  private HttpServletRequest request = get();
  private final HttpServletResponse response = stub(HttpServletResponse.class);
  private Path rules = Path.of("");

  /** Writes the rules and starts the filter. */
  @Setup
  public void start() throws IOException, RulesException, ServletException {
    rules = Files.createTempFile("espejo", ".yaml");
    Files.writeString(rules, rules(rule));
    Espejo opened =
        Espejo.open(
            ConfigSource.path(rules),
            Settings.from(
                name -> name.equals("local") ? Optional.of("httpbin/v1") : Optional.empty()));
    espejo = Optional.of(opened);
    running = new MirrorFilter(opened);
    running.init(new Config());
    request = get();
  }

  /** Ends what was started. */
  @TearDown
  public void stop() throws IOException {
    espejo.ifPresent(Espejo::close);
    Files.deleteIfExists(rules);
  }

  /** The rules of one of the values of {@link #rule}. */
  public static String rules(String rule) {
    String host = rule.equals("no-rule") ? "other" : "httpbin";
    String match = rule.equals("no-match") ? "match: [{uri: {prefix: /other}}]" : "name: all";
    String mirror =
        rule.equals("sampled-out")
            ? "mirror: {host: httpbin, subset: v2}\n    mirrorPercentage: {value: 0}"
            : "";
    return """
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata:
      name: httpbin
    spec:
      hosts: [httpbin.default.svc.cluster.local]
      location: MESH_INTERNAL
      ports:
      - {number: 8000, name: http, protocol: HTTP}
      resolution: STATIC
      endpoints:
      - {address: 127.0.0.1, ports: {http: 9}, labels: {version: v2}}
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata:
      name: httpbin
    spec:
      host: httpbin
      subsets:
      - {name: v1, labels: {version: v1}}
      - {name: v2, labels: {version: v2}}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata:
      name: httpbin
    spec:
      hosts: [%s]
      http:
      - route:
        - destination: {host: httpbin, subset: v1}
        %s
        %s
    """
        .formatted(host, match, mirror);
  }

  /** The chain alone. */
  @Benchmark
  public void without(Blackhole end) throws IOException, ServletException {
    chain(end).doFilter(request, response);
  }

  /** The filter, and the chain. */
  @Benchmark
  public void with(Blackhole end) throws IOException, ServletException {
    running.doFilter(request, response, chain(end));
  }

  /** What a browser sends; the same all the time, but for the attributes. */
  public static HttpServletRequest get() {
    return new Get();
  }

  private static FilterChain chain(Blackhole end) {
    return (asked, answer) -> end.consume(asked);
  }

  private static <T> T stub(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.toString());
            }));
  }

  private static final class Config implements FilterConfig {
    private final ServletContext context =
        (ServletContext)
            Proxy.newProxyInstance(
                ServletContext.class.getClassLoader(),
                new Class<?>[] {ServletContext.class},
                (proxy, method, arguments) ->
                    method.getName().equals("getServerInfo") ? "none" : null);

    @Override
    public String getFilterName() {
      return "espejo";
    }

    @Override
    public ServletContext getServletContext() {
      return context;
    }

    @Override
    public String getInitParameter(String name) {
      return null;
    }

    @Override
    public Enumeration<String> getInitParameterNames() {
      return Collections.emptyEnumeration();
    }
  }

  private static final class Get extends HttpServletRequestWrapper {
    private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private Object attribute;

    Get() {
      super(container());
      headers.put("Host", List.of("httpbin:8000"));
      headers.put("User-Agent", List.of("Mozilla/5.0 (X11; Linux x86_64)"));
      headers.put("Accept", List.of("application/json"));
      headers.put("Accept-Encoding", List.of("gzip, deflate, br"));
      headers.put("Cookie", List.of("session=0123456789abcdef"));
    }

    /** Below all wrappers: it knows of no body. */
    private static HttpServletRequest container() {
      return (HttpServletRequest)
          Proxy.newProxyInstance(
              HttpServletRequest.class.getClassLoader(),
              new Class<?>[] {HttpServletRequest.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "getContentLengthLong" -> -1L;
                    case "getHeader" -> null;
                    default -> throw new UnsupportedOperationException(method.toString());
                  });
    }

    /** Forgets what was set: each time is a new request. */
    @Override
    public Object getAttribute(String name) {
      return null;
    }

    @Override
    public void setAttribute(String name, Object value) {
      attribute = value;
    }

    @Override
    public DispatcherType getDispatcherType() {
      return DispatcherType.REQUEST;
    }

    @Override
    public String getMethod() {
      return "GET";
    }

    @Override
    public String getScheme() {
      return "http";
    }

    @Override
    public String getProtocol() {
      return "HTTP/1.1";
    }

    @Override
    public String getRequestURI() {
      return "/api/items/42";
    }

    @Override
    public String getQueryString() {
      return null;
    }

    @Override
    public String getRemoteAddr() {
      return "127.0.0.1";
    }

    @Override
    public String getHeader(String name) {
      List<String> values = headers.get(name);
      return values == null ? null : values.get(0);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return Collections.enumeration(headers.getOrDefault(name, List.of()));
    }

    @Override
    public Enumeration<String> getHeaderNames() {
      return Collections.enumeration(headers.keySet());
    }
  }
}
