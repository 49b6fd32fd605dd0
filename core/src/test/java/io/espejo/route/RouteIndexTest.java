package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.DownstreamRequest;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteIndexTest {
  /** Tries: {@code jqwik.tries.default}, which the build sets, more in its profile nightly. */
  @Property
  void indexed_anyTableAndRequest_findsWhatTheFirstMatchWalkFinds(
      @ForAll("tables") List<Route> routes, @ForAll("requests") TestRequest request) {
    VirtualHost host = VirtualHost.of("any", List.of("*"), routes);
    assertThat(host.route(request, request.path()).map(Route::name))
        .isEqualTo(walk(routes, request).map(Route::name));
  }

  private static Optional<Route> walk(List<Route> routes, DownstreamRequest request) {
    return routes.stream()
        .filter(
            route ->
                route.matches().isEmpty()
                    || route.matches().stream()
                        .anyMatch(
                            match ->
                                match.conditions().stream()
                                    .allMatch(c -> c.holds(request, request.path()))))
        .findFirst();
  }

  @Provide
  Arbitrary<List<Route>> tables() {
    return matches()
        .list()
        .ofMaxSize(2)
        .list()
        .ofMaxSize(12)
        .map(
            tables -> {
              List<Route> routes = new ArrayList<>();
              for (List<RouteMatch> matches : tables) {
                routes.add(
                    new Route(
                        "route-" + routes.size(),
                        matches,
                        Forward.to(List.of(new WeightedCluster("v1", 1)), List.of())));
              }
              return routes;
            });
  }

  private static Arbitrary<RouteMatch> matches() {
    return Arbitraries.oneOf(pathConditions(), pathConditions(), headerConditions(), others())
        .list()
        .ofMaxSize(2)
        .map(RouteMatch::new);
  }

  private static Arbitrary<Condition> pathConditions() {
    return pathTexts().map(Condition.Path::new);
  }

  private static Arbitrary<TextMatch> pathTexts() {
    Arbitrary<Boolean> cases = Arbitraries.of(true, false);
    return Arbitraries.oneOf(
        Combinators.combine(paths(), cases).as(TextMatch.Exact::new),
        Combinators.combine(paths(), cases).as(TextMatch.Prefix::new),
        Arbitraries.of("", "/").map(prefix -> new TextMatch.Prefix(prefix, false)),
        Arbitraries.of(
                "/a.*",
                "/a+b?/.*",
                "/ab*",
                "^/a/b$",
                "/a|/b",
                "/(a|b).*",
                "(?i)/AB.*",
                "/a{0,2}/?b?",
                "/[ab]/.*",
                "\\/a\\.*.*",
                ".*")
            .map(TextMatch::regex));
  }

  private static Arbitrary<Condition> headerConditions() {
    Arbitrary<TextMatch> texts =
        Arbitraries.oneOf(
            Arbitraries.of("1", "2", "").map(text -> new TextMatch.Exact(text, false)),
            Arbitraries.just(TextMatch.PRESENT),
            Arbitraries.just(new TextMatch.Prefix("1", false)));
    Arbitrary<Condition> header =
        Combinators.combine(Arbitraries.of("x-a", "X-A", "x-b"), texts).as(Condition.Header::new);
    return Arbitraries.oneOf(header, header, header.map(Condition.Not::new));
  }

  private static Arbitrary<Condition> others() {
    return Arbitraries.of(
        new Condition.Method(new TextMatch.Exact("GET", false)),
        new Condition.Method(new TextMatch.Exact("POST", false)),
        new Condition.QueryParam("q", TextMatch.PRESENT));
  }

  private static Arbitrary<String> paths() {
    return Arbitraries.strings().withChars("abA/").ofMaxLength(5).map(rest -> "/" + rest);
  }

  @Provide
  Arbitrary<TestRequest> requests() {
    Arbitrary<String> targets =
        Combinators.combine(paths(), Arbitraries.of("", "?q=1")).as(String::concat);
    Arbitrary<List<String>> lines =
        Combinators.combine(Arbitraries.of("x-a", "X-a", "x-b"), Arbitraries.of("1", "2", "12", ""))
            .as(List::of)
            .list()
            .ofMaxSize(3)
            .map(list -> list.stream().flatMap(List::stream).toList());
    return Combinators.combine(targets, lines)
        .as((target, list) -> TestRequest.get(target, list.toArray(new String[0])));
  }

  @Test
  void indexed_tenThousandNestedPrefixes_findsTheFirst() {
    List<Route> routes = new ArrayList<>();
    for (int length = 3000; length > 0; length--) {
      routes.add(route("p" + length, new TextMatch.Prefix("/" + "a".repeat(length), false)));
    }
    VirtualHost host = VirtualHost.of("any", List.of("*"), routes);
    assertThat(found(host, "/" + "a".repeat(2000) + "b")).contains("p2000");
    assertThat(found(host, "/b")).isEmpty();
  }

  @Test
  void indexed_lineThatIsRepeated_isLookedUpOnce() {
    RouteMatch match =
        new RouteMatch(
            List.of(
                new Condition.Header("x-a", new TextMatch.Exact("1", false)),
                new Condition.Header("x-b", new TextMatch.Exact("1", false))));
    RouteIndex index =
        new RouteIndex(
            List.of(
                new Route(
                    "both",
                    List.of(match),
                    Forward.to(List.of(new WeightedCluster("v1", 1)), List.of()))));
    String[] lines = new String[2000];
    for (int i = 0; i < lines.length; i += 2) {
      lines[i] = "x-a";
      lines[i + 1] = "1";
    }
    TestRequest sent = TestRequest.get("/", lines);
    AtomicInteger asked = new AtomicInteger();
    DownstreamRequest request =
        (DownstreamRequest)
            Proxy.newProxyInstance(
                DownstreamRequest.class.getClassLoader(),
                new Class<?>[] {DownstreamRequest.class},
                (proxy, method, arguments) -> {
                  asked.incrementAndGet();
                  return method.invoke(sent, arguments);
                });

    assertThat(index.first(request, "/")).isNull();

    assertThat(asked).hasValueLessThan(10);
  }

  @ParameterizedTest
  @CsvSource({
    "/api/v1/[a-z]+, /api/v1/",
    "^/api/x, /api/x",
    "/a\\.b\\d, /a.b",
    "/ab*, /a",
    "/ab?, /a",
    "'/ab{2}', /a",
    "/ab+, /ab",
    "/a(b|c), /a",
    "/a|/b, ''",
    "'/a[|]b', ''",
    "(?i)/a, ''",
    "/a(?i)*, ''",
    "/a(?:b)*, /a",
    "'\\Q/a\\E', ''",
    "/a\\, /a"
  })
  void regexPrefix_isWhatEveryMatchBeginsWith(String regex, String prefix) {
    assertThat(RegexPrefix.of(regex).text()).isEqualTo(prefix);
  }

  private static Optional<String> found(VirtualHost host, String path) {
    return host.route(TestRequest.get(path), path).map(Route::name);
  }

  private static Route route(String name, TextMatch path) {
    return new Route(
        name,
        List.of(new RouteMatch(List.of(new Condition.Path(path)))),
        Forward.to(List.of(new WeightedCluster("v1", 1)), List.of()));
  }
}
