package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.upstream.RequestHead;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request as the matches of routes see it: without the header lines that go no further. */
final class MatchedRequest implements DownstreamRequest {
  private final DownstreamRequest request;
  private @Nullable Headers headers;

  MatchedRequest(DownstreamRequest request) {
    this.request = request;
  }

  @Override
  public Headers headers() {
    Headers known = headers;
    if (known == null) {
      known = RequestHead.matched(request);
      headers = known;
    }
    return known;
  }

  @Override
  public String method() {
    return request.method();
  }

  @Override
  public String scheme() {
    return request.scheme();
  }

  @Override
  public String authority() {
    return request.authority();
  }

  @Override
  public String path() {
    return request.path();
  }

  @Override
  public Optional<String> query() {
    return request.query();
  }

  @Override
  public String peerAddress() {
    return request.peerAddress();
  }

  @Override
  public String protocol() {
    return request.protocol();
  }
}
