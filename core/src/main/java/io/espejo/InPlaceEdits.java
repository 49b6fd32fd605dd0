package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.route.CorsPolicy;
import io.espejo.route.FormatContext;
import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits.Edits;
import io.espejo.route.HeaderEdits.Line;
import io.espejo.route.Route;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.RequestHead;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The edits of a route as they meet an application that answers itself.
 *
 * @param head the request's, unedited, if it was made already
 */
record InPlaceEdits(Optional<Headers> request, AnswerEdits answer, Optional<RequestHead> head) {
  static final InPlaceEdits NONE =
      new InPlaceEdits(Optional.empty(), AnswerEdits.NONE, Optional.empty());

  static InPlaceEdits of(
      Route route, Forward action, WeightedCluster chosen, DownstreamRequest request, String path) {
    Edits firstIn = chosen.edits().request();
    Edits thenIn = action.edits().request();
    Edits firstOut = chosen.edits().response();
    Edits thenOut = action.edits().response();
    Optional<CorsPolicy> cors = route.cors();
    if (firstIn.isEmpty()
        && thenIn.isEmpty()
        && firstOut.isEmpty()
        && thenOut.isEmpty()
        && cors.isEmpty()) {
      return NONE;
    }
    RequestHead head = RequestHead.primary(request, path);
    Optional<Headers> seen = Optional.empty();
    if (!firstIn.isEmpty() || !thenIn.isEmpty()) {
      Headers.Builder lines = request.headers().toBuilder();
      FormatContext context =
          new EditedRequest(AnswerContext.of(head, request, lines), request.headers(), lines);
      firstIn.applyToRequest(lines, context);
      thenIn.applyToRequest(lines, context);
      seen = Optional.of(lines.build());
    }
    Headers.Builder lines = Headers.builder();
    Set<String> replaced = new HashSet<>();
    AnswerContext context = AnswerContext.of(head.routed(action, chosen, request), request, lines);
    for (Edits edits : new Edits[] {firstOut, thenOut}) {
      for (Line line : edits.set()) {
        // One that comes out empty leaves the application's as they are.
        if (!line.value().format(context).isEmpty()) {
          replaced.add(line.name().toLowerCase(Locale.ROOT));
        }
      }
      edits.applyToAnswer(lines, context);
      edits.remove().forEach(name -> replaced.add(name.toLowerCase(Locale.ROOT)));
    }
    Optional<String> origin = cors.flatMap(policy -> policy.allowedOrigin(request));
    if (origin.isPresent()) {
      Headers.Builder allowed = Headers.builder();
      cors.get().allow(origin.get(), allowed);
      Headers its = allowed.build();
      for (int line = 0; line < its.size(); line++) {
        lines.set(its.name(line), its.value(line));
        replaced.add(its.name(line).toLowerCase(Locale.ROOT));
      }
    }
    return new InPlaceEdits(seen, new AnswerEdits(replaced, lines.build()), Optional.of(head));
  }

  /**
   * A request while its edits change the lines that an application will see.
   *
   * @param exchange what else is said of it, with what a request to another version gets besides
   */
  private record EditedRequest(AnswerContext exchange, Headers came, Headers.Builder lines)
      implements FormatContext {
    @Override
    public Optional<String> request(String name) {
      Optional<String> standing = lines.first(name);
      return standing.isPresent() || came.contains(name) ? standing : exchange.request(name);
    }

    @Override
    public Optional<String> response(String name) {
      return Optional.empty();
    }

    @Override
    public String clientAddress() {
      return exchange.clientAddress();
    }

    @Override
    public String peerAddress() {
      return exchange.peerAddress();
    }

    @Override
    public String protocol() {
      return exchange.protocol();
    }
  }

  boolean isEmpty() {
    return request.isEmpty() && answer.isEmpty();
  }
}
