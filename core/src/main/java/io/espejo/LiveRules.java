package io.espejo;

import io.espejo.config.CompiledRules;
import io.espejo.config.ConfigSource;
import io.espejo.config.ConfigWatch;
import io.espejo.config.OwnMirror;
import io.espejo.config.Problem;
import io.espejo.config.RuleFile;
import io.espejo.config.Rules;
import io.espejo.config.RulesException;
import io.espejo.config.RulesOptions;
import io.espejo.mirror.Mirroring;
import io.espejo.route.Forward;
import io.espejo.route.HeaderEdits;
import io.espejo.route.Mirror;
import io.espejo.route.Route;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.Leg;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The rules that run: the first ones, and those that follow them when the source changes or the
 * application says so; requests meet one whole set. Safe for any threads; what changes rules may
 * wait 1 s for the addresses of new names.
 */
final class LiveRules implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LiveRules.class.getName());

  /** New names get so long to be resolved before requests may meet them. */
  private static final Duration FIRST_ADDRESSES = Duration.ofSeconds(1);

  /** How often it is looked whether a policy has expired, in seconds. */
  private static final int EXPIRY_LOOK = 1;

  private final ConfigSource source;
  private final RulesOptions options;
  private final Leg primaryLeg;
  private final Leg shadowLeg;
  private final Mirroring mirroring;
  private final ScheduledExecutorService watchThread;
  private final LongAdder takenSets = new LongAdder();
  private final LongAdder refusedSets = new LongAdder();
  private final Expiries expiries = new Expiries();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile Snapshot snapshot = Snapshot.EMPTY;
  private volatile Instant taken = Instant.EPOCH;
  private volatile Optional<RunningRules.Refusal> refusal = Optional.empty();

  // Guarded by this.
  private final Set<OwnMirror> ownMirrors = new LinkedHashSet<>();
  private CompiledRules compiled = CompiledRules.EMPTY;
  private @Nullable ConfigWatch watch;
  private boolean closed;

  LiveRules(
      ConfigSource source,
      RulesOptions options,
      Leg primaryLeg,
      Leg shadowLeg,
      Mirroring mirroring) {
    this.source = source;
    this.options = options;
    this.primaryLeg = primaryLeg;
    this.shadowLeg = shadowLeg;
    this.mirroring = mirroring;
    watchThread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "espejo-watch");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Takes the first rules, made of these files, and watches the source of them from now on. */
  synchronized void start(CompiledRules first, List<RuleFile> files) {
    take(first);
    var unused =
        watchThread.scheduleWithFixedDelay(expiries, EXPIRY_LOOK, EXPIRY_LOOK, TimeUnit.SECONDS);
    watch =
        new ConfigWatch(
            source,
            files,
            watchThread,
            this::reload,
            failure ->
                LOG.log(
                    Level.WARNING,
                    "cannot read the rules of {0}: {1}; the last ones stand",
                    source.description(),
                    failure.getMessage()));
  }

  private void reload(List<RuleFile> files) {
    try {
      apply(files);
    } catch (RulesException refused) {
      LOG.log(Level.ERROR, "rules refused, the last ones stand:\n{0}", refused.getMessage());
    }
  }

  /** As {@link Espejo#apply}. */
  void apply(List<RuleFile> files) throws RulesException {
    CompiledRules rules;
    try {
      rules = Rules.compile(files, options);
    } catch (RulesException refused) {
      refusedSets.increment();
      refusal = Optional.of(RunningRules.Refusal.of(refused, Instant.now()));
      throw refused;
    }
    take(rules);
    tellListeners();
  }

  private synchronized void take(CompiledRules rules) {
    if (closed) {
      // It was read meanwhile; what it would start, nobody would end.
      return;
    }
    for (Problem warning : rules.warnings()) {
      LOG.log(Level.WARNING, "{0}", warning);
    }
    compiled = rules;
    replaceSnapshot();
    expiries.follow(rules.routes());
    taken = Instant.now();
    refusal = Optional.empty();
    takenSets.increment();
    LOG.log(
        Level.INFO,
        "rules of {0} taken: {1} virtual hosts, {2} clusters",
        source.description(),
        rules.routes().virtualHosts().size(),
        rules.clusters().size());
  }

  private void replaceSnapshot() {
    Map<OwnMirror, Route> own = new HashMap<>();
    for (OwnMirror mirror : ownMirrors) {
      own.put(mirror, route(mirror));
    }
    Snapshot next = snapshot.next(compiled, own, primaryLeg, shadowLeg, mirroring);
    next.awaitAddresses(FIRST_ADDRESSES);
    snapshot.replacedBy(next);
    snapshot = next;
  }

  private Route route(OwnMirror mirror) {
    return new Route(
        mirror.name(),
        List.of(),
        Forward.to(
            List.of(new WeightedCluster("", 1, HeaderEdits.NONE, true)),
            List.of(new Mirror(cluster(mirror), mirror.share()))));
  }

  private String cluster(OwnMirror mirror) {
    return mirror.cluster(compiled.clusters().keySet(), options.namespace());
  }

  /** As {@link Espejo#add}. */
  synchronized boolean add(OwnMirror mirror) {
    if (ownMirrors.add(mirror) && !closed) {
      replaceSnapshot();
      tellListeners();
    }
    return compiled.clusters().containsKey(cluster(mirror));
  }

  void addListener(Runnable listener) {
    listeners.add(listener);
  }

  void removeListener(Runnable listener) {
    listeners.remove(listener);
  }

  private void tellListeners() {
    for (Runnable listener : listeners) {
      try {
        listener.run();
      } catch (RuntimeException fault) {
        LOG.log(Level.WARNING, "a rules listener failed", fault);
      }
    }
  }

  /** What a request that begins now keeps to its end. */
  Snapshot snapshot() {
    return snapshot;
  }

  RunningRules shown() {
    return RunningRules.of(source.description(), taken, refusal, snapshot);
  }

  /** Whether the newest set runs, and was not refused. */
  boolean current() {
    return refusal.isEmpty();
  }

  long takenSets() {
    return takenSets.sum();
  }

  long refusedSets() {
    return refusedSets.sum();
  }

  /** Looks at the source no more; the rules of now stand. */
  @Override
  public void close() {
    ConfigWatch watching;
    synchronized (this) {
      closed = true;
      watching = watch;
    }
    if (watching != null) {
      watching.close();
    }
    watchThread.shutdownNow();
  }
}
