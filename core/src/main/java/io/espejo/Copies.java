package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.exchange.Outcome;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.mirror.Mirroring;
import io.espejo.mirror.Shadow;
import io.espejo.route.FormatContext;
import io.espejo.route.Forward;
import io.espejo.route.Mirror;
import io.espejo.route.ShadowRules;
import io.espejo.upstream.RequestHead;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Which mirrors get a copy of one request: what of it decides is taken while it can be asked. */
final class Copies {
  private static final int OWN_DRAW = -1;

  private final Snapshot snapshot;
  private final String route;
  private final Forward action;
  private final String method;
  private final Optional<Reason> never;

  /** By mirror, what its policy's key comes to; empty where no mirror has one. */
  private final int[] keyedDraws;

  private Copies(
      Snapshot snapshot,
      String route,
      Forward action,
      String method,
      Optional<Reason> never,
      int[] keyedDraws) {
    this.snapshot = snapshot;
    this.route = route;
    this.action = action;
    this.method = method;
    this.never = never;
    this.keyedDraws = keyedDraws;
  }

  /** Those of {@code request}, which this route takes. */
  static Copies of(Snapshot snapshot, String route, Forward action, DownstreamRequest request) {
    List<Mirror> mirrors = action.mirrors();
    boolean keyed = false;
    for (Mirror mirror : mirrors) {
      keyed |= mirror.rules().sampleBy().isPresent();
    }
    return new Copies(
        snapshot,
        route,
        action,
        request.method(),
        mirrors.isEmpty() ? Optional.empty() : neverMirrored(request),
        keyed ? keyedDraws(mirrors, request) : new int[0]);
  }

  /** What the edits of the mirrors' policies speak of, if any has some. */
  static Optional<FormatContext> context(
      List<Mirror> mirrors, RequestHead head, DownstreamRequest request) {
    for (Mirror mirror : mirrors) {
      if (!mirror.rules().edits().isEmpty()) {
        return Optional.of(AnswerContext.of(head, request, Headers.builder()));
      }
    }
    return Optional.empty();
  }

  private static Optional<Reason> neverMirrored(DownstreamRequest request) {
    if (request.headers().contains(RequestHead.MARKER)) {
      return Optional.of(Reason.LOOP);
    }
    return RequestHead.upgrade(request).map(protocols -> Reason.UPGRADE);
  }

  private static int[] keyedDraws(List<Mirror> mirrors, DownstreamRequest request) {
    int[] draws = new int[mirrors.size()];
    for (int i = 0; i < draws.length; i++) {
      draws[i] =
          mirrors
              .get(i)
              .rules()
              .sampleBy()
              .map(key -> key.draw(request))
              .orElse(OptionalInt.empty())
              .orElse(OWN_DRAW);
    }
    return draws;
  }

  /**
   * The mirrors that are to get one; the others have their outcome.
   *
   * @param ownDraw decides the mirrors that have no key, or whose key the request has not
   */
  List<Mirror> draw(Mirroring mirroring, int ownDraw, String requestId) {
    List<Mirror> mirrors = action.mirrors();
    List<Mirror> drawn = new ArrayList<>(mirrors.size());
    for (int i = 0; i < mirrors.size(); i++) {
      Mirror mirror = mirrors.get(i);
      boolean keyed = keyedDraws.length > 0 && keyedDraws[i] != OWN_DRAW;
      Optional<Outcome> unsent = unsent(mirror, keyed ? keyedDraws[i] : ownDraw);
      if (unsent.isPresent()) {
        mirroring.skip(snapshot.mirror(mirror), route, requestId, unsent.get());
      } else {
        drawn.add(mirror);
      }
    }
    return drawn;
  }

  private Optional<Outcome> unsent(Mirror mirror, int draw) {
    if (!mirror.share().includes(draw)) {
      return Optional.of(new Outcome.SampledOut());
    }
    if (never.isPresent()) {
      return Optional.of(new Outcome.Dropped(never.get()));
    }
    if (mirror.rules().expired()) {
      return Optional.of(new Outcome.Dropped(Reason.EXPIRED));
    }
    return mirror.rules().mirrors(method)
        ? Optional.empty()
        : Optional.of(new Outcome.Dropped(Reason.METHOD));
  }

  /** None of these will be sent. */
  void drop(Mirroring mirroring, List<Mirror> drawn, String requestId, Reason reason) {
    for (Mirror mirror : drawn) {
      mirroring.skip(snapshot.mirror(mirror), route, requestId, new Outcome.Dropped(reason));
    }
  }

  /**
   * Those copies that are admitted, as yet unsent.
   *
   * @param head as v1 gets it
   * @param timeout v1's, which is the copies', too, unless a policy says; zero: none
   * @param context of {@link #context}
   * @param instance makes the copies
   */
  List<Shadow> admit(
      Mirroring mirroring,
      List<Mirror> drawn,
      RequestHead head,
      Duration timeout,
      Optional<FormatContext> context,
      String instance) {
    List<Shadow> shadows = new ArrayList<>(drawn.size());
    RequestHead istios = null;
    for (Mirror mirror : drawn) {
      ShadowRules rules = mirror.rules();
      RequestHead shadowHead;
      if (rules.policy().isEmpty()) {
        // The same for all mirrors of which nothing is said.
        istios = istios == null ? shadowHead(head, rules, timeout, context, instance) : istios;
        shadowHead = istios;
      } else {
        shadowHead = shadowHead(head, rules, timeout, context, instance);
      }
      mirroring
          .admit(snapshot.mirror(mirror), route, shadowHead, rules, timeout)
          .ifPresent(shadows::add);
    }
    return shadows;
  }

  private RequestHead shadowHead(
      RequestHead head,
      ShadowRules rules,
      Duration timeout,
      Optional<FormatContext> context,
      String instance) {
    RequestHead edited = head;
    if (rules.timeout().isPresent() || !action.retries().perTryTimeout().isZero()) {
      edited = head.shadowExpecting(rules.timeout().orElse(timeout).toMillis());
    }
    if (context.isPresent()) {
      edited = edited.edited(rules.edits(), context.get());
    }
    return edited.shadow(rules.host().of(head.authority()), instance);
  }
}
