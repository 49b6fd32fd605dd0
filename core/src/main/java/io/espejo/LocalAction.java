package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.proxy.LocalAnswer;
import io.espejo.route.Action;
import io.espejo.route.Bytes;
import io.espejo.route.DirectResponse;
import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits;
import io.espejo.route.HeaderEdits.Edits;
import io.espejo.route.Redirect;
import io.espejo.route.Route;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.RequestHead;
import java.util.Optional;

/** What the gateway answers by itself because a route says so. */
final class LocalAction {
  /** Where the client is, normalised. */
  private static final Redirect PLACE =
      new Redirect(301, "", "", 0, "", Optional.empty(), HeaderEdits.NONE);

  private LocalAction() {}

  static Verdict.Answer answer(Route route, DownstreamRequest request, String path) {
    Action action = route.action();
    String name = route.name();
    Headers.Builder headers = Headers.builder();
    if (action instanceof Redirect redirect) {
      headers.add("location", redirect.location(request, path));
      edit(headers, redirect.edits().response(), request, redirect.rewritten(path));
      return new Verdict.Answer(name, redirect.status(), headers.build(), Bytes.NONE);
    }
    if (action instanceof DirectResponse direct) {
      if (direct.status() == 201 || direct.status() / 100 == 3) {
        // Envoy's own: the place that was asked for.
        headers.add("location", PLACE.location(request, path));
      }
      edit(headers, direct.edits().response(), request, path);
      if (direct.body().length() == 0) {
        headers.remove("content-type");
      } else if (headers.first("content-type").isEmpty()) {
        headers.add("content-type", "text/plain");
      }
      return new Verdict.Answer(name, direct.status(), headers.build(), direct.body());
    }
    throw new IllegalArgumentException("not answered here: " + action);
  }

  /** What a fault answers where the application would have. */
  static Verdict.Answer abort(
      Route route,
      LocalAnswer abort,
      Forward action,
      WeightedCluster chosen,
      DownstreamRequest request,
      String path) {
    Headers.Builder headers = Headers.builder();
    edit(headers, chosen.edits().response(), request, path);
    edit(headers, action.edits().response(), request, path);
    Optional<Headers> grpc = abort.ofGrpc(RequestHead.primary(request, path));
    if (grpc.isPresent()) {
      Headers its = grpc.get();
      for (int line = 0; line < its.size(); line++) {
        headers.set(its.name(line), its.value(line));
      }
      return new Verdict.Answer(route.name(), 200, headers.build(), Bytes.NONE);
    }
    if (headers.first("content-type").isEmpty()) {
      abort.type().ifPresent(type -> headers.add("Content-Type", type));
    }
    return new Verdict.Answer(
        route.name(), abort.status(), headers.build(), Bytes.copyOf(abort.body()));
  }

  private static void edit(
      Headers.Builder headers, Edits edits, DownstreamRequest request, String path) {
    if (!edits.isEmpty()) {
      RequestHead head = RequestHead.primary(request, path);
      edits.applyToAnswer(headers, AnswerContext.of(head, request, headers));
    }
  }
}
