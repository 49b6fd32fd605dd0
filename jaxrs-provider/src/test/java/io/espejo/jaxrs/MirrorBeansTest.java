package io.espejo.jaxrs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import jakarta.ws.rs.core.Configuration;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MirrorBeansTest {
  @Test
  void espejo_isInjectable_onceAFeatureRunsOnIt(@TempDir Path dir) throws Exception {
    Path rules = Files.createDirectory(dir.resolve("rules"));
    Map<String, Object> application =
        Map.of("espejo.rules", rules.toString(), "espejo.local", "httpbin/v1");
    Configuration configuration =
        (Configuration)
            Proxy.newProxyInstance(
                Configuration.class.getClassLoader(),
                new Class<?>[] {Configuration.class},
                (proxy, method, arguments) -> application.get(arguments[0]));
    try (SeContainer beans = SeContainerInitializer.newInstance().initialize()) {
      assertThatThrownBy(() -> beans.select(Espejo.class).get())
          .hasMessageContaining("no feature runs");
      Engine engine = Engine.inPlace(new FeatureSettings(configuration)).orElseThrow();

      assertThat(beans.select(Espejo.class).get()).isSameAs(engine.espejo());
      assertThat(beans.select(MirrorFeature.class).get().espejo()).contains(engine.espejo());

      engine.close();
      assertThat(engine.espejo().accepting()).isFalse();
      assertThat(beans.select(MirrorFeature.class).get().espejo()).isEmpty();
    }
  }

  @Test
  void espejo_ofTheServletFilter_isInjectableWhileItRuns(@TempDir Path dir) throws Exception {
    ClassLoader loader = Engine.loader();
    Espejo filters = Espejo.open(ConfigSource.path(dir), Settings.DEFAULT);
    Engine.begun(
        loader,
        new Engine.ServletApplication() {
          @Override
          public Optional<Espejo> shown() {
            return Optional.of(filters);
          }

          @Override
          public void show(Espejo other) {
            throw new AssertionError("the filter's is there already");
          }
        });
    try (SeContainer beans = SeContainerInitializer.newInstance().initialize()) {
      assertThat(beans.select(Espejo.class).get()).isSameAs(filters);

      filters.close();

      assertThatThrownBy(() -> beans.select(Espejo.class).get())
          .hasMessageContaining("no feature runs");
    } finally {
      Engine.ended(loader);
    }
  }
}
