package io.espejo.jaxrs;

import io.espejo.Espejo;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.FeatureContext;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A gateway as a JAX-RS feature, for whoever cannot have {@code io.espejo.servlet.MirrorFilter}: it
 * answers every request with v1's answer, before any resource is looked for, and sends the copies
 * that the rules ask for.
 *
 * <p>Both bodies are streamed. JAX-RS has no way for a filter to let a request go, so <b>each
 * request holds its thread</b> until v1's answer is with the client: as many requests as the
 * container has threads. What a client sends after v1's answer has begun is looked for whenever v1
 * is silent for 50 ms. Trailers, 103 and upgrades (501) are not passed on; RESTEasy and CXF give a
 * {@code Content-Type} to a body that has none. An answer that breaks off breaks the client's
 * connection where a servlet container has found {@link MirrorLifecycle}; but one in chunks on CXF,
 * WildFly and Open Liberty, and on CXF one over HTTP/2, ends as if it were whole.
 *
 * <p>Never discovered; settings as with {@link MirrorFeature}, without {@code local}.
 *
 * <pre>{@code
 * new ResourceConfig().property("espejo.rules", "/etc/espejo").register(GatewayFeature.class);
 * }</pre>
 */
public final class GatewayFeature implements Feature, AutoCloseable {
  private final @Nullable Espejo given;
  private @Nullable Engine engine;

  /** A gateway that reads its settings when it is configured. */
  public GatewayFeature() {
    this.given = null;
  }

  /** A gateway for an {@link Espejo} that somebody else opened and will close. */
  public GatewayFeature(Espejo espejo) {
    this.given = espejo;
  }

  /**
   * Called by the runtime, at the start.
   *
   * @throws IllegalArgumentException if a setting is wrong
   * @throws IllegalStateException if the rules are, or cannot be read
   */
  @Override
  public boolean configure(FeatureContext context) {
    Engine running =
        given != null
            ? Engine.given(given)
            : Engine.gateway(new FeatureSettings(context.getConfiguration()));
    engine = running;
    if (context.getConfiguration().isRegistered(GatewayFilter.class)) {
      return false;
    }
    // Jersey would keep 8 KiB back whatever is flushed, and make a Location absolute; others do not
    // know these.
    context.property("jersey.config.server.contentLength.buffer", 0);
    context.property("jersey.config.server.headers.location.relative.resolution.disabled", true);
    context.register(new GatewayFilter(running.espejo()));
    return true;
  }

  /** What it runs on; nothing before it was configured. */
  public Optional<Espejo> espejo() {
    return Optional.ofNullable(engine).map(Engine::espejo);
  }

  /** Ends what it opened, as {@link Espejo#close}. */
  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
  }
}
