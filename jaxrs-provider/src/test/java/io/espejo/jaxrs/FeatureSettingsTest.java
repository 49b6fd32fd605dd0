package io.espejo.jaxrs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.ws.rs.core.Configuration;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FeatureSettingsTest {
  @AfterEach
  void forgetSettings() {
    System.clearProperty("espejo.instance");
    forgetConfig();
  }

  private static void forgetConfig() {
    ConfigProviderResolver resolver = ConfigProviderResolver.instance();
    resolver.releaseConfig(resolver.getConfig());
  }

  private static FeatureSettings settings(Map<String, Object> application) {
    return new FeatureSettings(
        (Configuration)
            Proxy.newProxyInstance(
                Configuration.class.getClassLoader(),
                new Class<?>[] {Configuration.class},
                (proxy, method, arguments) -> application.get(arguments[0])));
  }

  private static void microProfile(Map<String, String> values) {
    Config config =
        new SmallRyeConfigBuilder()
            .withSources(new PropertiesConfigSource(values, "test", 100))
            .build();
    forgetConfig();
    ConfigProviderResolver.instance()
        .registerConfig(config, Thread.currentThread().getContextClassLoader());
  }

  @Test
  void setting_ofTheApplicationAlone_stands() {
    assertThat(settings(Map.of("espejo.instance", "app")).find("instance")).contains("app");
    assertThat(settings(Map.of()).find("instance")).isEmpty();
  }

  @Test
  void setting_ofMicroProfileConfig_goesBeforeTheApplications() {
    microProfile(Map.of("espejo.instance", "profile"));

    assertThat(settings(Map.of("espejo.instance", "app")).find("instance")).contains("profile");
    assertThat(settings(Map.of("espejo.local", "a/b")).find("local")).contains("a/b");
  }

  @Test
  void setting_ofTheProcess_goesBeforeAll() {
    microProfile(Map.of("espejo.instance", "profile"));
    System.setProperty("espejo.instance", "process");

    assertThat(settings(Map.of("espejo.instance", "app")).find("instance")).contains("process");
  }

  @Test
  void resources_ofAnotherWord_areRefused() {
    assertThat(settings(Map.of()).allResources()).isFalse();
    assertThat(settings(Map.of("espejo.resources", "all")).allResources()).isTrue();
    assertThatThrownBy(() -> settings(Map.of("espejo.resources", "some")).allResources())
        .hasMessage("resources: some (expected: all or annotated)");
  }
}
