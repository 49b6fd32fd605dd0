package io.espejo.jaxrs;

import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;

/** What MicroProfile Config says of a setting, where it is. */
final class MicroProfileConfig {
  private MicroProfileConfig() {}

  static Optional<String> find(String name) {
    try {
      return Present.find(name);
    } catch (NoClassDefFoundError | IllegalStateException | ExceptionInInitializerError absent) {
      // Neither the API nor, with it alone, an implementation need be there.
      return Optional.empty();
    }
  }

  /** Loaded only when it is asked. */
  private static final class Present {
    static Optional<String> find(String name) {
      return ConfigProvider.getConfig().getOptionalValue("espejo." + name, String.class);
    }
  }
}
