package io.espejo.jaxrs;

import io.espejo.Espejo;
import io.espejo.config.ConfigSource;
import io.espejo.config.RulesException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the features of an application run on, and who ends it.
 *
 * <p>JAX-RS has no place where features of one application meet, nor tells one of the end. So there
 * is one engine for each context class loader, from its opening to its end.
 */
final class Engine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(MirrorFeature.class.getName());

  private static final Map<ClassLoader, Engine> RUNNING = new ConcurrentHashMap<>();

  /** Servlet applications by their class loaders. */
  private static final Map<ClassLoader, ServletApplication> SERVLETS = new ConcurrentHashMap<>();

  /** Those of them in which a feature runs. */
  private static final Set<ClassLoader> USED = ConcurrentHashMap.newKeySet();

  private final Espejo espejo;
  private final Optional<ClassLoader> openedFor;

  /** Where a servlet filter of ours shows what it runs on, and a feature does so, too. */
  interface ServletApplication {
    /** What is shown there. */
    Optional<Espejo> shown();

    /** Shows this. */
    void show(Espejo espejo);
  }

  private Engine(Espejo espejo, Optional<ClassLoader> openedFor) {
    this.espejo = espejo;
    this.openedFor = openedFor;
  }

  static Engine given(Espejo espejo) {
    use(loader());
    return new Engine(espejo, Optional.empty());
  }

  static ClassLoader loader() {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    return loader != null ? loader : ClassLoader.getSystemClassLoader();
  }

  /** For an application that answers by itself, which wrong rules do not keep from starting. */
  static Optional<Engine> inPlace(FeatureSettings settings) {
    Optional<ConfigSource> rules = settings.rules();
    if (rules.isEmpty()) {
      LOG.log(Level.INFO, "nothing is mirrored, espejo.rules is not set");
      return Optional.empty();
    }
    try {
      return Optional.of(shared(settings, rules.get()));
    } catch (IOException | RulesException refused) {
      LOG.log(
          Level.ERROR,
          "nothing is mirrored, the rules of {0} are refused:\n{1}",
          rules.get().description(),
          refused.getMessage());
      return Optional.empty();
    }
  }

  static Engine gateway(FeatureSettings settings) {
    ConfigSource rules =
        settings
            .rules()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "rules: not set (expected: a file, a directory or classpath:...)"));
    if (settings.find("local").filter(text -> !text.isBlank()).isPresent()) {
      throw new IllegalArgumentException(
          "local: set (expected: not for a gateway, which answers by v1 alone)");
    }
    try {
      return shared(settings, rules);
    } catch (IOException unreadable) {
      throw new IllegalStateException(
          "cannot read the rules: " + unreadable.getMessage(), unreadable);
    } catch (RulesException refused) {
      throw new IllegalStateException("rules refused:\n" + refused.getMessage(), refused);
    }
  }

  private static Engine shared(FeatureSettings settings, ConfigSource rules)
      throws IOException, RulesException {
    ClassLoader loader = loader();
    synchronized (RUNNING) {
      Engine running = RUNNING.get(loader);
      if (running != null) {
        return running;
      }
      Optional<ServletApplication> servlets = Optional.ofNullable(SERVLETS.get(loader));
      Optional<Espejo> filters =
          servlets.flatMap(ServletApplication::shown).filter(Espejo::accepting);
      if (filters.isPresent()) {
        return given(filters.get());
      }
      Engine opened = new Engine(Espejo.open(rules, settings.settings()), Optional.of(loader));
      RUNNING.put(loader, opened);
      use(loader);
      servlets.ifPresent(its -> its.show(opened.espejo));
      return opened;
    }
  }

  /** A servlet application begins. */
  static void begun(ClassLoader loader, ServletApplication application) {
    SERVLETS.put(loader, application);
  }

  /** A servlet application ends. */
  static void ended(ClassLoader loader) {
    SERVLETS.remove(loader);
    USED.remove(loader);
    Engine engine = RUNNING.get(loader);
    if (engine != null) {
      engine.close();
    }
  }

  private static void use(ClassLoader loader) {
    if (SERVLETS.containsKey(loader)) {
      USED.add(loader);
    }
  }

  /** Whether a feature of this servlet application has one. */
  static boolean runs(ClassLoader loader) {
    return USED.contains(loader);
  }

  /** What runs for the application of the calling thread, a servlet filter's included. */
  static Optional<Espejo> running() {
    ClassLoader loader = loader();
    return Optional.ofNullable(RUNNING.get(loader))
        .map(Engine::espejo)
        .or(() -> Optional.ofNullable(SERVLETS.get(loader)).flatMap(ServletApplication::shown))
        .filter(Espejo::accepting);
  }

  Espejo espejo() {
    return espejo;
  }

  /** Ends it for all who share it, unless somebody else has opened it. */
  @Override
  public void close() {
    openedFor.ifPresent(
        loader -> {
          if (RUNNING.remove(loader, this)) {
            espejo.close();
          }
        });
  }
}
