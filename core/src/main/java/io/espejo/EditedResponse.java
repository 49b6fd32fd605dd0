package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.route.CorsPolicy;
import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits.Edits;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.RequestHead;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A client's answer whose headers a route edits: v1's, and those given in its place. */
final class EditedResponse implements DownstreamResponse {
  private final DownstreamResponse downstream;
  private final Edits first;
  private final Edits then;
  private final Optional<CorsPolicy> cors;
  private final Optional<String> origin;
  private final AnswerContext context;

  private EditedResponse(
      DownstreamResponse downstream,
      Edits first,
      Edits then,
      Optional<CorsPolicy> cors,
      Optional<String> origin,
      AnswerContext context) {
    this.downstream = downstream;
    this.first = first;
    this.then = then;
    this.cors = cors;
    this.origin = origin;
    this.context = context;
  }

  /** The answer itself, when the route leaves it as it is. */
  static DownstreamResponse of(
      DownstreamResponse downstream,
      Optional<CorsPolicy> cors,
      Forward action,
      WeightedCluster chosen,
      RequestHead head,
      DownstreamRequest request) {
    Edits first = chosen.edits().response();
    Edits then = action.edits().response();
    Optional<String> origin = cors.flatMap(policy -> policy.allowedOrigin(request));
    return first.isEmpty() && then.isEmpty() && origin.isEmpty()
        ? downstream
        : new EditedResponse(
            downstream,
            first,
            then,
            cors,
            origin,
            AnswerContext.of(head, request, Headers.builder()));
  }

  @Override
  public boolean earlyHints(Headers headers) {
    return downstream.earlyHints(headers);
  }

  @Override
  public void start(int status, Headers headers) {
    downstream.start(status, edited(headers));
  }

  @Override
  public void startLocal(int status, Headers headers, Optional<String> type) {
    Headers.Builder lines = edited(Headers.EMPTY).toBuilder();
    for (int line = 0; line < headers.size(); line++) {
      lines.set(headers.name(line), headers.value(line));
    }
    if (lines.first("content-type").isEmpty()) {
      type.ifPresent(known -> lines.add("Content-Type", known));
    }
    downstream.start(status, lines.build());
  }

  @Override
  public void upgrade(Headers headers, Upgrade upgrade) {
    downstream.upgrade(edited(headers), upgrade);
  }

  private Headers edited(Headers headers) {
    Headers.Builder lines = headers.toBuilder();
    AnswerContext answer = context.with(lines);
    first.applyToAnswer(lines, answer);
    then.applyToAnswer(lines, answer);
    origin.ifPresent(allowed -> cors.ifPresent(policy -> policy.allow(allowed, lines)));
    return lines.build();
  }

  @Override
  public void write(ByteBuffer bytes, boolean last, Callback callback) {
    downstream.write(bytes, last, callback);
  }

  @Override
  public void trailers(Headers trailers) {
    downstream.trailers(trailers);
  }

  @Override
  public void flush(Callback callback) {
    downstream.flush(callback);
  }

  @Override
  public void abort(Throwable cause) {
    downstream.abort(cause);
  }
}
