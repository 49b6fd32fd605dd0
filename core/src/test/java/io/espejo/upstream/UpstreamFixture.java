package io.espejo.upstream;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.OutlierDetection;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A leg that all tests of a class share, a clock that they move, and clusters of any kind. */
abstract class UpstreamFixture {
  private static Leg leg;

  final AtomicLong nanos = new AtomicLong();

  @BeforeAll
  static void open() {
    leg = Leg.start(settings("test", Duration.ofSeconds(1)));
  }

  static Leg.Settings settings(String name, Duration maxIdle) {
    return new Leg.Settings(name, 8, Duration.ofSeconds(1), maxIdle, Duration.ZERO, 100, 20, 120);
  }

  @AfterAll
  static void close() {
    leg.close();
  }

  static Leg leg() {
    return leg;
  }

  static EndpointSpec at(int host, int weight) {
    return new EndpointSpec("192.0.2." + host, 80, weight);
  }

  /** Endpoints of these weights. */
  static List<EndpointSpec> weights(int... weights) {
    List<EndpointSpec> endpoints = new ArrayList<>();
    for (int weight : weights) {
      endpoints.add(at(endpoints.size() + 1, weight));
    }
    return endpoints;
  }

  Cluster cluster(Balancing balancing, List<EndpointSpec> endpoints) {
    return cluster(balancing, endpoints, ConnectionPool.DEFAULT, Optional.empty());
  }

  Cluster cluster(
      Balancing balancing,
      List<EndpointSpec> endpoints,
      ConnectionPool pool,
      Optional<OutlierDetection> outliers) {
    return new Cluster(
        new ClusterSpec(
            "test",
            endpoints,
            Resolution.STATIC,
            Protocol.HTTP1,
            balancing,
            pool,
            outliers,
            Optional.empty()),
        leg,
        nanos::get);
  }

  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  /** A request of which only this matters. */
  static DownstreamRequest request(String query, String peer, String... headers) {
    Headers.Builder lines = Headers.builder();
    for (int i = 0; i < headers.length; i += 2) {
      lines.add(headers[i], headers[i + 1]);
    }
    return new Request("httpbin", query, peer, lines.build());
  }

  /** A request for this host. */
  static DownstreamRequest requestFor(String authority) {
    return new Request(authority, "", "::1", Headers.EMPTY);
  }

  private record Request(String authority, String rawQuery, String peerAddress, Headers headers)
      implements DownstreamRequest {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public Optional<String> query() {
      return rawQuery.isEmpty() ? Optional.empty() : Optional.of(rawQuery);
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }
}
