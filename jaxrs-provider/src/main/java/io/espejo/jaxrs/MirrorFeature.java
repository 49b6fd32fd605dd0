package io.espejo.jaxrs;

import io.espejo.Espejo;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.FeatureContext;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Mirrors requests that resources answer: those of methods and classes that are {@link Mirrored},
 * or of all with the setting {@code resources} as {@code all}.
 *
 * <p>Runtimes that look for features in jars find it; others (CXF) are given it. Configured twice,
 * it acts once. Its settings are those of {@link io.espejo.Settings}, {@code rules} and {@code
 * resources}: a system property {@code espejo.NAME}, a variable {@code ESPEJO_NAME}, MicroProfile
 * Config's or a property of the {@code Application} {@code espejo.NAME}; the first of these stands.
 * Without {@code rules} it does nothing. {@code local} says what the application is in the rules.
 *
 * <pre>{@code
 * new ResourceConfig(Orders.class)
 *     .property("espejo.rules", "/etc/espejo")
 *     .property("espejo.local", "httpbin/v1")
 *     .register(MirrorFeature.class);
 * }</pre>
 *
 * <p>What it opens is shared with every feature and filter of the application, and closed when the
 * servlet container ends the application; whoever runs without one calls {@link #close}.
 */
public final class MirrorFeature implements Feature, AutoCloseable {
  private final @Nullable Espejo given;
  private @Nullable Engine engine;

  /** A feature that reads its settings when it is configured. */
  public MirrorFeature() {
    this.given = null;
  }

  /** A feature for an {@link Espejo} that somebody else opened and will close. */
  public MirrorFeature(Espejo espejo) {
    this.given = espejo;
  }

  /**
   * Called by the runtime, at the start.
   *
   * @throws IllegalArgumentException if a setting is wrong
   */
  @Override
  public boolean configure(FeatureContext context) {
    FeatureSettings settings = new FeatureSettings(context.getConfiguration());
    boolean all = settings.allResources();
    Optional<Engine> running =
        given != null ? Optional.of(Engine.given(given)) : Engine.inPlace(settings);
    engine = running.orElse(null);
    if (running.isEmpty() || context.getConfiguration().isRegistered(MirroredResources.class)) {
      return false;
    }
    context.register(new MirroredResources(running.get().espejo(), all));
    return true;
  }

  /** What it runs on, or what runs in this application; nothing without rules. */
  public Optional<Espejo> espejo() {
    return Optional.ofNullable(engine).map(Engine::espejo).or(Engine::running);
  }

  /** Ends what it opened, as {@link Espejo#close}. */
  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
  }
}
