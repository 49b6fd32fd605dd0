package io.espejo.jaxrs;

import io.espejo.Espejo;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;

/**
 * Makes {@link Espejo} and {@link MirrorFeature} injectable where CDI is; nothing else knows it.
 *
 * <pre>{@code
 * @Inject Espejo espejo;
 * }</pre>
 */
@ApplicationScoped
public class MirrorBeans {
  /** For the container. */
  public MirrorBeans() {}

  /**
   * What the feature of this application runs on, or its servlet filter.
   *
   * @throws IllegalStateException if none does: there are no rules, or it is not configured yet; or
   *     it was given one by hand
   */
  @Produces
  public Espejo espejo() {
    return Engine.running()
        .orElseThrow(
            () -> new IllegalStateException("no feature runs (expected: espejo.rules is set)"));
  }

  /** A feature for whoever registers it by hand; what runs is shared. */
  @Produces
  public MirrorFeature feature() {
    return new MirrorFeature();
  }
}
