package io.espejo;

import io.espejo.config.CompiledRules;
import io.espejo.config.ConfigSource;
import io.espejo.config.LocalService;
import io.espejo.config.OwnMirror;
import io.espejo.config.RuleFile;
import io.espejo.config.Rules;
import io.espejo.config.RulesException;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.CopyDestination;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.exchange.MirrorListener;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.exchange.PrimaryCounts;
import io.espejo.exchange.RateLimitedLog;
import io.espejo.exchange.RequestBody;
import io.espejo.exchange.RequestSyntax;
import io.espejo.mirror.Mirroring;
import io.espejo.mirror.Shadow;
import io.espejo.proxy.LocalAnswer;
import io.espejo.proxy.Primaries;
import io.espejo.route.Bytes;
import io.espejo.route.Faults;
import io.espejo.route.Faults.Abort;
import io.espejo.route.FormatContext;
import io.espejo.route.Forward;
import io.espejo.route.Mirror;
import io.espejo.route.Route;
import io.espejo.route.TargetPath;
import io.espejo.route.VirtualHost;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.Leg;
import io.espejo.upstream.RequestHead;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Traffic mirroring for one application: v1 answers the client, copies go to v2 out of band.
 *
 * <p>It reads Istio's documents, watches them, and decides and carries out what becomes of each
 * request; an adapter (servlet filter, JAX-RS) shows it requests. Safe for any threads; no method
 * on a request's way blocks. {@link #close} ends all of its threads and connections.
 *
 * <pre>{@code
 * try (Espejo espejo = Espejo.open(ConfigSource.path(Path.of("rules")), Settings.DEFAULT)) {
 *   ...
 * }
 * }</pre>
 */
public final class Espejo implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Espejo.class.getName());

  /** One draw in parts per million. */
  private static final int DRAW_BOUND = 1_000_000;

  /** v1 may close a connection that idles longer; Node.js does after 5 s, gunicorn after 2 s. */
  private static final Duration POOL_IDLE = Duration.ofMillis(1500);

  /** How soon v2 is looked at again that has no room for more of a body. */
  private static final Duration PUMP_PAUSE = Duration.ofMillis(10);

  private final Settings settings;
  private final Optional<LocalService> local;
  private final IntSupplier draws;
  private final ChunkPool chunks = new ChunkPool();
  private final Leg primaryLeg;
  private final Leg shadowLeg;
  private final Primaries primaries;
  private final Mirroring mirroring;
  private final LiveRules rules;
  private final Forwarding forwarding;
  private final RateLimitedLog unknownHostLog = new RateLimitedLog(LOG, Level.WARNING);
  private final Management management;
  private volatile boolean closed;

  private Espejo(
      ConfigSource source, Settings settings, MirrorListener listener, IntSupplier draws) {
    this.settings = settings;
    this.local = settings.rules().local();
    this.draws = draws;
    int cores = Runtime.getRuntime().availableProcessors();
    primaryLeg =
        Leg.start(
            new Leg.Settings(
                "primary",
                Math.max(8, 2 * cores),
                settings.primaryConnectTimeout(),
                POOL_IDLE,
                settings.primary().idleTimeout(),
                settings.primaryMaxConnections(),
                settings.primary().maxRequests() - settings.primaryMaxConnections(),
                settings.primary().maxRequests()));
    primaries = new Primaries(primaryLeg, settings.primary());
    shadowLeg =
        Leg.start(
            new Leg.Settings(
                "shadow",
                8,
                settings.shadowConnectTimeout(),
                POOL_IDLE,
                Duration.ZERO,
                settings.shadowMaxConnections(),
                settings.shadow().maxInFlight(),
                Integer.MAX_VALUE));
    mirroring = new Mirroring(shadowLeg, settings.shadow(), listener);
    mirroring.enabled(settings.mirroringEnabled());
    rules = new LiveRules(source, settings.rules(), primaryLeg, shadowLeg, mirroring);
    forwarding = new Forwarding(settings.instance(), primaries, mirroring, draws);
    management = new Management(this, settings.instance());
  }

  /** Starts with the rules of {@code source}, and follows their changes. */
  public static Espejo open(ConfigSource source, Settings settings)
      throws IOException, RulesException {
    return open(source, settings, MirrorListener.NONE);
  }

  /**
   * Starts with the rules of {@code source}, follows their changes, and tells {@code listener} of
   * every outcome.
   *
   * @throws IOException if the rules cannot be read
   * @throws RulesException if they are wrong, with all problems
   */
  public static Espejo open(ConfigSource source, Settings settings, MirrorListener listener)
      throws IOException, RulesException {
    return open(source, settings, listener, () -> ThreadLocalRandom.current().nextInt(DRAW_BOUND));
  }

  static Espejo open(
      ConfigSource source, Settings settings, MirrorListener listener, IntSupplier draws)
      throws IOException, RulesException {
    List<RuleFile> files = List.of();
    CompiledRules first = CompiledRules.EMPTY;
    try {
      files = source.read();
      // Compiled before anything is started, so that a bad set leaves nothing behind.
      first = Rules.compile(files, settings.rules());
    } catch (IOException | RulesException refused) {
      if (settings.rules().local().isEmpty()) {
        throw refused;
      }
      LOG.log(
          Level.ERROR,
          "the application starts without rules, those of {0} are refused:\n{1}",
          source.description(),
          refused.getMessage());
    }
    Espejo espejo = new Espejo(source, settings, listener, draws);
    espejo.rules.start(first, files);
    espejo.management.register();
    return espejo;
  }

  /**
   * Takes these rules instead of those before, for new requests. A later change of the watched
   * source replaces them again.
   *
   * @throws RulesException if they are wrong; then nothing changes
   */
  public void apply(List<RuleFile> files) throws RulesException {
    rules.apply(files);
  }

  /**
   * Adds a mirror that the application asks for by itself, for what it says by {@link
   * #evaluate(DownstreamRequest, OwnMirror)}; a second time it changes nothing. At the start of an
   * application: it may wait up to 1 s for the addresses of new names.
   *
   * @return whether a document defines its destination now; one may do so later
   */
  public boolean add(OwnMirror mirror) {
    return rules.add(mirror);
  }

  /**
   * Runs {@code listener} after each change of the rules, on the thread that made it; what it
   * throws is logged.
   */
  public void addRulesListener(Runnable listener) {
    rules.addListener(listener);
  }

  /** Runs it no more. */
  public void removeRulesListener(Runnable listener) {
    rules.removeListener(listener);
  }

  /** Decides what is to be done with a request. */
  public Verdict evaluate(DownstreamRequest received) {
    DownstreamRequest request = settings.trustedProxies().seen(received);
    if (closed) {
      return unrouted(LocalAnswer.CLOSING);
    }
    if (request.method().equals("CONNECT")) {
      // It has no path that a route could match: as in Envoy, no proxy for what Host says.
      return unrouted(LocalAnswer.NOT_FOUND);
    }
    Snapshot now = rules.snapshot();
    Optional<String> path = TargetPath.normalise(request.path());
    if (path.isEmpty()) {
      return unrouted(LocalAnswer.BAD_TARGET);
    }
    if (local.isEmpty()) {
      Optional<LocalAnswer> refusal = refusal(request);
      if (refusal.isPresent()) {
        return answer(refusal.get());
      }
    }
    Optional<VirtualHost> virtualHost = virtualHost(now, request.authority());
    if (virtualHost.isEmpty()) {
      if (local.isEmpty()) {
        unknownHostLog.log(
            () -> "404: no virtual host for Host \"" + printable(request.authority()) + "\"");
      }
      return unrouted(LocalAnswer.NOT_FOUND);
    }
    // Of OPTIONS, which is about no path: to Envoy that is one that nobody has.
    Optional<Route> found =
        path.get().equals("*")
            ? Optional.empty()
            : virtualHost.get().route(new MatchedRequest(request), path.get());
    if (found.isEmpty()) {
      return unrouted(LocalAnswer.NOT_FOUND);
    }
    Route route = found.get();
    // Most of an application's requests: their headers need not even be read.
    if (local.isPresent() && (route.leavesAlone() || refusal(request).isPresent())) {
      return Verdict.InPlace.UNTOUCHED;
    }
    if (route.action() instanceof Forward forward) {
      WeightedCluster chosen = forward.cluster(draws.getAsInt());
      if (chosen.local()) {
        return inPlace(now, route, forward, chosen, request, path.get());
      }
      // A fault goes before it, and is decided on the way: Istio's order of filters.
      Optional<Headers> preflight =
          route.faults().equals(Faults.NONE) ? route.preflight(request) : Optional.empty();
      return preflight.isPresent()
          ? Verdict.Answer.preflight(route, preflight.get())
          : new Verdict.Forward(now, route, forward, chosen, path.get());
    }
    return LocalAction.answer(route, request, path.get());
  }

  /**
   * Decides on the copies of a request that the application answers whatever the documents say.
   *
   * @param mirror was {@linkplain #add added} before
   */
  public Verdict.InPlace evaluate(DownstreamRequest received, OwnMirror mirror) {
    DownstreamRequest request = settings.trustedProxies().seen(received);
    Snapshot now = rules.snapshot();
    Optional<String> path = TargetPath.normalise(request.path());
    Route route = now.own().get(mirror);
    if (closed
        || route == null
        || path.isEmpty()
        || request.method().equals("CONNECT")
        || refusal(request).isPresent()
        || !(route.action() instanceof Forward forward)) {
      return Verdict.InPlace.UNTOUCHED;
    }
    return copied(
        now, route, forward, forward.clusters().get(0), request, path.get(), InPlaceEdits.NONE);
  }

  /** What is wrong with the request, so that it is not the one request for all who read it. */
  private static Optional<LocalAnswer> refusal(DownstreamRequest request) {
    if (!RequestSyntax.isWellFormed(request)) {
      return Optional.of(LocalAnswer.BAD_REQUEST);
    }
    return RequestSyntax.hasKnownCoding(request.headers())
        ? Optional.empty()
        : Optional.of(LocalAnswer.UNKNOWN_CODING);
  }

  /** What becomes of a request that no route is for: an application goes on as without us. */
  private Verdict unrouted(LocalAnswer answer) {
    return local.isPresent() ? Verdict.InPlace.UNTOUCHED : answer(answer);
  }

  /** By the request's host; what comes to an application is for it, whatever host it names. */
  private Optional<VirtualHost> virtualHost(Snapshot now, String authority) {
    // Not even "*" answers for a request that names no host.
    Optional<VirtualHost> found =
        authority.isEmpty() ? Optional.empty() : now.routes().virtualHost(authority);
    return found.isPresent() || local.isEmpty()
        ? found
        : now.routes().virtualHost(local.get().host());
  }

  private Verdict inPlace(
      Snapshot now,
      Route route,
      Forward action,
      WeightedCluster chosen,
      DownstreamRequest request,
      String path) {
    Optional<Abort> abort =
        route.faults().abort().filter(a -> a.share().includes(draws.getAsInt()));
    if (abort.isPresent()) {
      primaries.aborted();
      return LocalAction.abort(route, LocalAnswer.of(abort.get()), action, chosen, request, path);
    }
    Optional<Headers> preflight = route.preflight(request);
    if (preflight.isPresent()) {
      return Verdict.Answer.preflight(route, preflight.get());
    }
    InPlaceEdits edits = InPlaceEdits.of(route, action, chosen, request, path);
    return copied(now, route, action, chosen, request, path, edits);
  }

  private Verdict.InPlace copied(
      Snapshot now,
      Route route,
      Forward action,
      WeightedCluster chosen,
      DownstreamRequest request,
      String path,
      InPlaceEdits edits) {
    if (action.mirrors().isEmpty()) {
      return edits.isEmpty()
          ? Verdict.InPlace.UNTOUCHED
          : new Verdict.InPlace(false, edits.request(), edits.answer(), Optional.empty());
    }
    Copies copies = Copies.of(now, route.name(), action, request);
    String requestId = RequestHead.requestId(request.headers());
    List<Mirror> drawn = copies.draw(mirroring, draws.getAsInt(), requestId);
    if (drawn.isEmpty()) {
      return edits.isEmpty()
          ? Verdict.InPlace.NO_COPY
          : new Verdict.InPlace(true, edits.request(), edits.answer(), Optional.empty());
    }
    // Once: where the client gives no x-request-id, each has another.
    RequestHead head =
        edits
            .head()
            .orElseGet(() -> RequestHead.primary(request, path))
            .routed(action, chosen, request);
    LocalCopies local =
        new LocalCopies(
            new LocalAdmission(copies, drawn, Copies.context(drawn, head, request)), head);
    return new Verdict.InPlace(true, edits.request(), edits.answer(), Optional.of(local));
  }

  /** How copies of a request that the application answers are let off. */
  private final class LocalAdmission implements LocalCopies.Admission {
    private final Copies copies;
    private final List<Mirror> drawn;
    private final Optional<FormatContext> context;

    LocalAdmission(Copies copies, List<Mirror> drawn, Optional<FormatContext> context) {
      this.copies = copies;
      this.drawn = drawn;
      this.context = context;
    }

    @Override
    public List<Shadow> admit(RequestHead head) {
      Duration timeout = head.timeout(Duration.ZERO);
      return copies.admit(mirroring, drawn, head, timeout, context, settings.instance());
    }

    @Override
    public void drop(RequestHead head, Reason reason) {
      copies.drop(mirroring, drawn, head.requestId(), reason);
    }

    @Override
    public void later(Runnable task) {
      shadowLeg.after(PUMP_PAUSE, () -> shadowLeg.executor().execute(task));
    }

    @Override
    public Runnable watch(LocalCopies watched) {
      Duration idle = settings.primary().idleTimeout();
      return idle.isZero() ? () -> {} : shadowLeg.schedule(idle, () -> watched.endIfIdle(idle));
    }
  }

  private static Verdict answer(LocalAnswer answer) {
    Headers.Builder lines = Headers.builder();
    answer.type().ifPresent(type -> lines.add("Content-Type", type));
    return new Verdict.Answer("", answer.status(), lines.build(), Bytes.copyOf(answer.body()));
  }

  /** A client's bytes, fit for a log line. */
  private static String printable(String text) {
    String shown = text.length() > 255 ? text.substring(0, 255) + "..." : text;
    return shown.replaceAll("[^\\x20-\\x7e]", "?").replace('"', '?');
  }

  /**
   * Sends the request to v1, its answer to {@code response}, and the copies to the mirrors. Returns
   * at once; {@code received} is not used afterwards unless the protocol is HTTP/2, where a body
   * without a length is waited for first.
   */
  public void forward(
      Verdict.Forward verdict,
      DownstreamRequest received,
      RequestBody body,
      DownstreamResponse response) {
    forwarding.forward(verdict, settings.trustedProxies().seen(received), body, response);
  }

  /** Whether the adapter sits in the application that the rules' routes end in. */
  public boolean inPlace() {
    return local.isPresent();
  }

  /**
   * Threads for what an adapter does outside its container's calls; it must not block there. They
   * are v1's, and end with {@link #close}, after which they take nothing.
   */
  public Executor threads() {
    return primaryLeg.executor();
  }

  /** Where an adapter reads bodies into. */
  public ChunkPool chunks() {
    return chunks;
  }

  /**
   * An adapter tells that a call of its own on what a container had lent for a request has
   * outlasted that request; it is counted.
   */
  public void lateCall() {
    primaries.lateCall();
  }

  /** How many buffers of {@link #chunks} are in use now; 0 when nothing runs. */
  public long lentBuffers() {
    return chunks.lent();
  }

  /** What became of all copies so far. */
  public OutcomeCounts outcomes() {
    return mirroring.counts();
  }

  /** What became of the copies for each destination that the rules of now name. */
  public Map<String, OutcomeCounts> outcomesByDestination() {
    Map<String, OutcomeCounts> counts = new TreeMap<>();
    rules
        .snapshot()
        .mirrors()
        .forEach((name, destination) -> counts.put(name, destination.counts()));
    return counts;
  }

  /** The destinations of copies that the rules of now name. */
  public List<CopyDestination> destinations() {
    return List.copyOf(rules.snapshot().mirrors().values());
  }

  /** What runs now, for operators. */
  public RunningRules rules() {
    return rules.shown();
  }

  /** Whether the newest set of rules runs, and was not refused. */
  public boolean rulesCurrent() {
    return rules.current();
  }

  /** Whether requests are taken: from the first rules on until {@link #close}. */
  public boolean accepting() {
    return !closed;
  }

  /** What happened on the way to v1 so far: retries, time limits, faults. */
  public PrimaryCounts primaryCounts() {
    return primaries.counts();
  }

  /** How many connections are switched to another protocol now, or may be as soon as v1 says. */
  public int openUpgrades() {
    return primaries.openUpgrades();
  }

  /** Whether new copies are sent. */
  public boolean mirroring() {
    return mirroring.enabled();
  }

  /** Stops all new copies at once, or lets them be sent again; those that run are not touched. */
  public void mirroring(boolean enabled) {
    mirroring.enabled(enabled);
  }

  /** Aborts the copies that run now; v1 is not touched. */
  public void abortCopies() {
    mirroring.abortAll();
  }

  /**
   * Ends everything: new requests get 503, and so do those that a fault delays or that wait for
   * their next attempt; those with v1 have 30 s to end and copies 2 s more, unless the settings
   * say, then they are aborted, and every copy has its outcome. Connections that were switched to
   * another protocol are closed once no request is with v1. Called again, it does nothing.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    management.unregister();
    rules.close();
    // Those that are with nobody now, delayed or between two attempts, are not waited for.
    primaries.endWaits();
    long deadline = System.nanoTime() + settings.primary().closeTimeout().toNanos();
    boolean interrupted = false;
    while (activeRequests() > 0 && !interrupted && System.nanoTime() - deadline < 0) {
      try {
        TimeUnit.MILLISECONDS.sleep(10);
      } catch (InterruptedException stop) {
        interrupted = true;
      }
    }
    primaries.close();
    primaryLeg.close();
    mirroring.close(interrupted ? Duration.ZERO : settings.shadow().closeTimeout());
    LoaderLeak.prevent();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Memory that copies hold now, in bytes. */
  public long copyMemoryBytes() {
    return mirroring.memoryUsed();
  }

  /** Memory that copies may hold, in bytes. */
  public long maxCopyMemoryBytes() {
    return settings.shadow().maxMemoryBytes();
  }

  /** Requests that are with v1 now, or wait for it. */
  public int activeRequests() {
    return forwarding.active();
  }

  /** Sets of rules taken since the start, the first included. */
  public long rulesTaken() {
    return rules.takenSets();
  }

  /** Sets of rules refused since the start. */
  public long rulesRefused() {
    return rules.refusedSets();
  }

  /** Events that the listener did not hear of, because too many waited. */
  public long lostEvents() {
    return mirroring.lostEvents();
  }
}
