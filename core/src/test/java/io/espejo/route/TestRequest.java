package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.Optional;

/** A request that is only what a test says of it. */
record TestRequest(String method, String authority, String target, Headers headers)
    implements DownstreamRequest {
  static TestRequest get(String target, String... headers) {
    Headers.Builder builder = Headers.builder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.add(headers[i], headers[i + 1]);
    }
    return new TestRequest("GET", "httpbin:8000", target, builder.build());
  }

  TestRequest withMethod(String other) {
    return new TestRequest(other, authority, target, headers);
  }

  TestRequest withAuthority(String other) {
    return new TestRequest(method, other, target, headers);
  }

  boolean meets(Condition... conditions) {
    return new RouteMatch(java.util.List.of(conditions)).accepts(this, path());
  }

  @Override
  public String scheme() {
    return "http";
  }

  @Override
  public String path() {
    int question = target.indexOf('?');
    return question < 0 ? target : target.substring(0, question);
  }

  @Override
  public Optional<String> query() {
    int question = target.indexOf('?');
    return question < 0 ? Optional.empty() : Optional.of(target.substring(question + 1));
  }

  @Override
  public String peerAddress() {
    return "192.0.2.1";
  }

  @Override
  public String protocol() {
    return "HTTP/1.1";
  }
}
