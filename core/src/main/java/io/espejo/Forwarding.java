package io.espejo;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import io.espejo.mirror.Mirroring;
import io.espejo.mirror.Shadow;
import io.espejo.proxy.LocalAnswer;
import io.espejo.proxy.Primaries;
import io.espejo.proxy.PrimaryListener;
import io.espejo.proxy.PrimaryRules;
import io.espejo.route.CorsPolicy;
import io.espejo.route.Faults;
import io.espejo.route.Faults.Abort;
import io.espejo.route.Faults.Delay;
import io.espejo.route.FormatContext;
import io.espejo.route.Forward;
import io.espejo.route.Mirror;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.Affinity;
import io.espejo.upstream.Cluster;
import io.espejo.upstream.Endpoint;
import io.espejo.upstream.RequestHead;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what was decided on a request that goes to v1: the answer to the client, the copies
 * to their mirrors. Safe for any threads; nothing here blocks.
 */
final class Forwarding {
  private final String instance;
  private final Primaries primaries;
  private final Mirroring mirroring;
  private final IntSupplier draws;
  private final AtomicInteger active = new AtomicInteger();

  Forwarding(String instance, Primaries primaries, Mirroring mirroring, IntSupplier draws) {
    this.instance = instance;
    this.primaries = primaries;
    this.mirroring = mirroring;
    this.draws = draws;
  }

  /** Requests that are with v1 now, or wait for it. */
  int active() {
    return active.get();
  }

  /** As {@link Espejo#forward}, for the request as trusted proxies show it. */
  void forward(
      Verdict.Forward verdict,
      DownstreamRequest request,
      RequestBody body,
      DownstreamResponse response) {
    RequestHead head = RequestHead.primary(request, verdict.path());
    if (head.framing() != RequestHead.Framing.UNKNOWN) {
      forward(verdict, request, head, body, response);
    } else {
      body.open();
      forwardOnceRead(verdict, request, head, body, response);
    }
  }

  private void forwardOnceRead(
      Verdict.Forward verdict,
      DownstreamRequest request,
      RequestHead head,
      RequestBody body,
      DownstreamResponse response) {
    BodyChunk first = body.read();
    if (first == BodyChunk.NOT_YET) {
      body.demand(() -> forwardOnceRead(verdict, request, head, body, response));
      return;
    }
    boolean none = first.last() && first.length() == 0 && first.failure().isEmpty();
    forward(verdict, request, head.framed(!none), new ReadBody(first, body), response);
  }

  private void forward(
      Verdict.Forward verdict,
      DownstreamRequest request,
      RequestHead received,
      RequestBody body,
      DownstreamResponse downstream) {
    Forward action = verdict.action();
    WeightedCluster chosen = verdict.chosen();
    Duration timeout = received.timeout(action.timeout());
    RequestHead head =
        received
            .expecting(PrimaryRules.expectedMillis(timeout, action.retries(), 0))
            .routed(action, chosen, request);
    Optional<CorsPolicy> cors = verdict.route().cors();
    DownstreamResponse response =
        EditedResponse.of(downstream, cors, action, chosen, head, request);
    verdict.forwarded(head.requestId(), chosen.cluster());
    Cluster cluster = verdict.snapshot().primaries().get(chosen.cluster());
    Affinity affinity = cluster == null ? Affinity.NONE : cluster.affinity(request);
    Copies copies = Copies.of(verdict.snapshot(), verdict.routeName(), action, request);
    Optional<FormatContext> context = Copies.context(action.mirrors(), head, request);
    Supplier<List<Shadow>> admitted =
        () -> {
          List<Mirror> drawn = copies.draw(mirroring, draws.getAsInt(), head.requestId());
          return copies.admit(mirroring, drawn, head, timeout, context, instance);
        };
    Faults faults = verdict.route().faults();
    Optional<Delay> delay = faults.delay().filter(d -> d.share().includes(draws.getAsInt()));
    Optional<Abort> abort = faults.abort().filter(a -> a.share().includes(draws.getAsInt()));
    // As in Envoy, what is answered before a cluster was found shows the request as it came.
    DownstreamResponse unsent =
        head == received
            ? response
            : EditedResponse.of(downstream, cors, action, chosen, received, request);
    DownstreamResponse aborted =
        abort.isEmpty()
            ? unsent
            : EditedResponse.of(downstream, Optional.empty(), action, chosen, received, request);
    Optional<Headers> preflight =
        faults.equals(Faults.NONE) ? Optional.empty() : verdict.route().preflight(request);
    if (delay.isEmpty() && abort.isEmpty() && preflight.isEmpty()) {
      send(verdict, cluster, affinity, admitted, timeout, head, body, response, unsent);
      return;
    }
    active.incrementAndGet();
    Runnable then =
        () -> {
          if (abort.isPresent()) {
            primaries.aborted();
            answer(LocalAnswer.of(abort.get()), aborted, head, body);
          } else if (preflight.isPresent()) {
            leave(body);
            LocalAnswer.sendEmpty(downstream, 200, preflight.get());
          } else {
            send(
                verdict,
                cluster,
                affinity,
                admitted,
                timeout,
                head,
                openedBefore(body),
                response,
                unsent);
          }
          active.decrementAndGet();
        };
    if (delay.isEmpty()) {
      then.run();
      return;
    }
    if (head.hasBody()) {
      body.open();
    }
    primaries.delay(
        delay.get(),
        then,
        () -> {
          answer(LocalAnswer.CLOSING, downstream, head, body);
          active.decrementAndGet();
        });
  }

  /** For a thread that is not the body's own, and must not open it. */
  private static RequestBody openedBefore(RequestBody body) {
    return new ReadBody(BodyChunk.NOT_YET, body);
  }

  /** Answers a request that goes nowhere. */
  private static void answer(
      LocalAnswer answer, DownstreamResponse response, RequestHead head, RequestBody body) {
    leave(body);
    answer.sendTo(response, head);
  }

  /** What was read of it is given back, and a thread of the container's that waits may go. */
  private static void leave(RequestBody body) {
    body.fail(new IOException("the request goes nowhere"));
  }

  private void send(
      Verdict.Forward verdict,
      @Nullable Cluster cluster,
      Affinity affinity,
      Supplier<List<Shadow>> copies,
      Duration timeout,
      RequestHead head,
      RequestBody body,
      DownstreamResponse response,
      DownstreamResponse unsent) {
    Forward action = verdict.action();
    Optional<Endpoint> endpoint =
        cluster == null ? Optional.empty() : cluster.pick(affinity, List.of());
    if (cluster == null || endpoint.isEmpty()) {
      answer(LocalAnswer.NO_UPSTREAM, cluster == null ? unsent : response, head, body);
      return;
    }
    if (!endpoint.get().acquire()) {
      primaries.overflow(cluster);
      answer(LocalAnswer.OVERFLOW, response, head, body);
      return;
    }
    List<Shadow> shadows = action.mirrors().isEmpty() ? List.of() : copies.get();
    verdict.copied(action.mirrors().size(), shadows.size());
    // As in Istio: who is bound to one endpoint of one destination stays with it.
    boolean bound = affinity.hash().isPresent() && action.clusters().size() == 1;
    active.incrementAndGet();
    primaries.send(
        new PrimaryRules(
            cluster,
            affinity,
            timeout,
            action.retries(),
            action.retries().otherEndpointsOnly() && !bound),
        endpoint.get(),
        head,
        body,
        head.hasBody() ? shadows : List.of(),
        response,
        new PrimaryListener() {
          @Override
          public void onAttempt(Endpoint at) {
            verdict.attempted(at);
          }

          @Override
          public void onEnd() {
            active.decrementAndGet();
          }
        });
    for (Shadow shadow : shadows) {
      shadow.start();
    }
  }
}
