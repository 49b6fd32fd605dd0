package io.espejo.jaxrs;

import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import jakarta.ws.rs.core.Configuration;
import java.util.Optional;

/** A feature's settings, from wherever an operator or an application may put them. */
final class FeatureSettings {
  private final Configuration application;

  FeatureSettings(Configuration application) {
    this.application = application;
  }

  /** The first of: system property, environment, MicroProfile Config, the application. */
  Optional<String> find(String name) {
    return Settings.ofProcess(name)
        .or(() -> MicroProfileConfig.find(name))
        .or(
            () ->
                Optional.ofNullable(application.getProperty("espejo." + name))
                    .map(String::valueOf));
  }

  Settings settings() {
    return Settings.from(this::find);
  }

  /** Where the rules are, if anything says so. */
  Optional<ConfigSource> rules() {
    return find("rules")
        .filter(text -> !text.isBlank())
        .map(text -> ConfigSource.named(text, Engine.loader()));
  }

  /** Whether every resource is mirrored, annotated or not. */
  boolean allResources() {
    String resources = find("resources").orElse("annotated");
    return switch (resources) {
      case "all" -> true;
      case "annotated" -> false;
      default ->
          throw new IllegalArgumentException(
              "resources: " + resources + " (expected: all or annotated)");
    };
  }
}
