package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.route.FormatContext;
import io.espejo.upstream.RequestHead;
import java.util.Optional;

/**
 * An exchange as the edits of its answer see it.
 *
 * @param head the request's, as it went to v1
 */
record AnswerContext(
    RequestHead head,
    String scheme,
    String clientAddress,
    String peerAddress,
    String protocol,
    Headers.Builder answer)
    implements FormatContext {
  static AnswerContext of(RequestHead head, DownstreamRequest request, Headers.Builder answer) {
    return new AnswerContext(
        head,
        request.scheme(),
        request.clientAddress(),
        request.peerAddress(),
        request.protocol(),
        answer);
  }

  /** The same exchange with another answer. */
  AnswerContext with(Headers.Builder other) {
    return new AnswerContext(head, scheme, clientAddress, peerAddress, protocol, other);
  }

  @Override
  public Optional<String> request(String name) {
    return name.equals(":scheme") ? Optional.of(scheme) : head.header(name);
  }

  @Override
  public Optional<String> response(String name) {
    return answer.first(name);
  }
}
