package io.espejo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.RulesYaml.Route;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WithoutMicrometerTest {
  @TempDir Path directory;

  @Test
  void espejo_micrometerAbsent_worksAllTheSame() throws Exception {
    Path file = directory.resolve("rules.yaml");
    RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", 1, "v2", 2))
        .routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2"))
        .writeTo(file);
    try (URLClassLoader loader = withoutMicrometer()) {
      assertThatThrownBy(() -> loader.loadClass("io.micrometer.core.instrument.Meter"))
          .isInstanceOf(ClassNotFoundException.class);
      Class<?> source = loader.loadClass("io.espejo.config.ConfigSource");
      Class<?> settings = loader.loadClass("io.espejo.Settings");
      Class<?> espejo = loader.loadClass("io.espejo.Espejo");
      Object rules = source.getMethod("path", Path.class).invoke(null, file);
      try (AutoCloseable running =
          (AutoCloseable)
              espejo
                  .getMethod("open", source, settings)
                  .invoke(null, rules, settings.getField("DEFAULT").get(null))) {
        assertThat((List<?>) espejo.getMethod("destinations").invoke(running)).hasSize(1);
      }
    }
  }

  private static URLClassLoader withoutMicrometer() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!entry.contains("micrometer")) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
  }
}
