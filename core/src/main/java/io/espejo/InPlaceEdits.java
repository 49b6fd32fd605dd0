package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.route.CorsPolicy;
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

/** The edits of a route as they meet an application that answers itself. */
record InPlaceEdits(Optional<Headers> request, AnswerEdits answer) {
  static final InPlaceEdits NONE = new InPlaceEdits(Optional.empty(), AnswerEdits.NONE);

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
      AnswerContext context = AnswerContext.of(head, request, lines);
      firstIn.applyToRequest(lines, context);
      thenIn.applyToRequest(lines, context);
      seen = Optional.of(lines.build());
    }
    Headers.Builder lines = Headers.builder();
    Set<String> replaced = new HashSet<>();
    AnswerContext context = AnswerContext.of(head.routed(action, chosen, request), request, lines);
    for (Edits edits : new Edits[] {firstOut, thenOut}) {
      edits.applyToAnswer(lines, context);
      edits.remove().forEach(name -> replaced.add(name.toLowerCase(Locale.ROOT)));
      for (Line line : edits.set()) {
        replaced.add(line.name().toLowerCase(Locale.ROOT));
      }
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
    return new InPlaceEdits(seen, new AnswerEdits(replaced, lines.build()));
  }

  boolean isEmpty() {
    return request.isEmpty() && answer.isEmpty();
  }
}
