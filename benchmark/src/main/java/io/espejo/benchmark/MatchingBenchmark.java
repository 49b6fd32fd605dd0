package io.espejo.benchmark;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.route.Condition;
import io.espejo.route.Forward;
import io.espejo.route.Route;
import io.espejo.route.RouteMatch;
import io.espejo.route.RouteTable;
import io.espejo.route.TargetPath;
import io.espejo.route.TextMatch;
import io.espejo.route.VirtualHost;
import io.espejo.route.WeightedCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a request to its route: the path is normalised, the virtual host found among 100, and its
 * first route that accepts the request.
 *
 * <p>The request meets the last route, which is the worst case of a walk in Istio's order. The
 * request itself is a constant, so what a container takes to show it is not in here.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class MatchingBenchmark {
  /** How many routes the virtual host has. */
  @Param({"1", "100", "5000", "10000"})
  public int routes;

  /** What each route asks of a request. */
  @Param({"prefix", "header", "regex"})
  public String match = "prefix";

  private RouteTable table = RouteTable.EMPTY;
  private DownstreamRequest plain = new Get("/", "");
  private DownstreamRequest dotted = plain;

  /** Builds the table and the requests. */
  @Setup
  public void build() {
    List<VirtualHost> hosts = new ArrayList<>();
    for (int host = 0; host < 99; host++) {
      String name = "other-" + host;
      hosts.add(VirtualHost.of(name, domains(name), List.of(route(0))));
    }
    List<Route> all = new ArrayList<>();
    for (int number = 0; number < routes; number++) {
      all.add(route(number));
    }
    hosts.add(VirtualHost.of("httpbin", domains("httpbin"), all));
    table = RouteTable.of(hosts);
    int last = routes - 1;
    plain = new Get("/api/service-" + last + "/items/42", "tenant-" + last);
    dotted = new Get("/api/./x/../service-" + last + "/%69tems/42", "tenant-" + last);
    if (!route(plain).name().equals("route-" + last) || !route(dotted).equals(route(plain))) {
      throw new IllegalStateException("the request does not meet the last route");
    }
  }

  private static List<String> domains(String name) {
    return List.of(
        name, name + ".default", name + ".default.svc", name + ".default.svc.cluster.local");
  }

  private Route route(int number) {
    String path = "/api/service-" + number + "/";
    Condition condition =
        switch (match) {
          case "prefix" -> new Condition.Path(new TextMatch.Prefix(path, false));
          case "header" ->
              new Condition.Header("x-tenant", new TextMatch.Exact("tenant-" + number, false));
          case "regex" -> new Condition.Path(TextMatch.regex(path + "[a-z]+/[0-9]+"));
          default -> throw new IllegalArgumentException("match: " + match);
        };
    return new Route(
        "route-" + number,
        List.of(new RouteMatch(List.of(condition))),
        Forward.to(List.of(new WeightedCluster("v1", 1)), List.of()));
  }

  private Route route(DownstreamRequest request) {
    String path = TargetPath.normalise(request.path()).orElseThrow();
    return table.virtualHost(request.authority()).orElseThrow().route(request, path).orElseThrow();
  }

  /** A path that is normal already. */
  @Benchmark
  public Route normalPath() {
    return route(plain);
  }

  /** A path with dot segments and an escape to decode. */
  @Benchmark
  public Route dottedPath() {
    return route(dotted);
  }

  private record Get(String path, String tenant, Headers headers) implements DownstreamRequest {
    Get(String path, String tenant) {
      this(
          path,
          tenant,
          Headers.builder()
              .add("Host", "httpbin:8000")
              .add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)")
              .add("Accept", "application/json")
              .add("Accept-Encoding", "gzip, deflate, br")
              .add("Cookie", "session=0123456789abcdef")
              .add("X-Tenant", tenant)
              .build());
    }

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
      return "httpbin:8000";
    }

    @Override
    public Optional<String> query() {
      return Optional.empty();
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
}
