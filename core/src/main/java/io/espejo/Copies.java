package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.exchange.Outcome;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.mirror.MirrorDestination;
import io.espejo.mirror.Mirroring;
import io.espejo.mirror.Shadow;
import io.espejo.route.FormatContext;
import io.espejo.route.Mirror;
import io.espejo.route.ShadowRules;
import io.espejo.upstream.RequestHead;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The copies of one request: what of it decides them is taken while it can be asked. */
final class Copies {
  private static final int OWN_DRAW = -1;

  private final Verdict.Forward verdict;
  private final RequestHead head;
  private final Duration timeout;
  private final Optional<Reason> never;
  private final Optional<FormatContext> context;

  /** By mirror, what its policy's key comes to; empty where no mirror has one. */
  private final int[] keyedDraws;

  private Copies(
      Verdict.Forward verdict,
      RequestHead head,
      Duration timeout,
      Optional<Reason> never,
      Optional<FormatContext> context,
      int[] keyedDraws) {
    this.verdict = verdict;
    this.head = head;
    this.timeout = timeout;
    this.never = never;
    this.context = context;
    this.keyedDraws = keyedDraws;
  }

  /**
   * The copies of {@code request}.
   *
   * @param head as v1 gets it
   * @param timeout v1's, which is the copies', too, unless a policy says; zero: none
   */
  static Copies of(
      Verdict.Forward verdict, DownstreamRequest request, RequestHead head, Duration timeout) {
    List<Mirror> mirrors = verdict.action().mirrors();
    boolean keyed = false;
    boolean edited = false;
    for (Mirror mirror : mirrors) {
      keyed |= mirror.rules().sampleBy().isPresent();
      edited |= !mirror.rules().edits().isEmpty();
    }
    return new Copies(
        verdict,
        head,
        timeout,
        mirrors.isEmpty() ? Optional.empty() : neverMirrored(request),
        edited ? Optional.of(AnswerContext.of(head, request, Headers.builder())) : Optional.empty(),
        keyed ? keyedDraws(mirrors, request) : new int[0]);
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
   * Those that are to be sent; the others have their outcome.
   *
   * @param ownDraw decides the mirrors that have no key, or whose key the request has not
   * @param instance makes the copies
   */
  List<Shadow> admit(Mirroring mirroring, int ownDraw, String instance) {
    List<Mirror> mirrors = verdict.action().mirrors();
    List<Shadow> shadows = new ArrayList<>(mirrors.size());
    RequestHead istios = null;
    for (int i = 0; i < mirrors.size(); i++) {
      Mirror mirror = mirrors.get(i);
      ShadowRules rules = mirror.rules();
      MirrorDestination destination = verdict.snapshot().mirror(mirror);
      boolean keyed = keyedDraws.length > 0 && keyedDraws[i] != OWN_DRAW;
      Optional<Outcome> unsent = unsent(mirror, keyed ? keyedDraws[i] : ownDraw);
      if (unsent.isPresent()) {
        mirroring.skip(destination, verdict.routeName(), head.requestId(), unsent.get());
        continue;
      }
      RequestHead shadowHead;
      if (rules.policy().isEmpty()) {
        // The same for all mirrors of which nothing is said.
        istios = istios == null ? shadowHead(rules, instance) : istios;
        shadowHead = istios;
      } else {
        shadowHead = shadowHead(rules, instance);
      }
      mirroring
          .admit(destination, verdict.routeName(), shadowHead, rules, timeout)
          .ifPresent(shadows::add);
    }
    return shadows;
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
    return mirror.rules().mirrors(head.method())
        ? Optional.empty()
        : Optional.of(new Outcome.Dropped(Reason.METHOD));
  }

  private RequestHead shadowHead(ShadowRules rules, String instance) {
    RequestHead edited = head;
    if (rules.timeout().isPresent() || !verdict.action().retries().perTryTimeout().isZero()) {
      edited = head.shadowExpecting(rules.timeout().orElse(timeout).toMillis());
    }
    if (context.isPresent()) {
      edited = edited.edited(rules.edits(), context.get());
    }
    return edited.shadow(rules.host().of(head.authority()), instance);
  }
}
