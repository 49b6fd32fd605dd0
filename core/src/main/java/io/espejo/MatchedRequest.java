package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.upstream.RequestHead;
import org.jspecify.annotations.Nullable;

/** A request as the matches of routes see it: without the header lines that go no further. */
final class MatchedRequest implements DownstreamRequestView {
  private final DownstreamRequest request;
  private @Nullable Headers headers;

  MatchedRequest(DownstreamRequest request) {
    this.request = request;
  }

  @Override
  public DownstreamRequest request() {
    return request;
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
}
