package io.espejo.it.jaxrs;

import jakarta.ws.rs.ApplicationPath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** The resources in a WAR, which has a test's settings as a file, or none. */
@ApplicationPath("/")
public class DeployedApplication extends ReadingApplication {
  private static final String SETTINGS = "/application.properties";

  /** For the runtime. */
  public DeployedApplication() {
    this(settings());
  }

  private DeployedApplication(Map<String, String> settings) {
    super(Optional.ofNullable(settings.get("rules")).map(Path::of), settings, true);
  }

  private static Map<String, String> settings() {
    Properties properties = new Properties();
    try (InputStream file = DeployedApplication.class.getResourceAsStream(SETTINGS)) {
      if (file != null) {
        properties.load(file);
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    Map<String, String> settings = new HashMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> settings.put(name, properties.getProperty(name)));
    return settings;
  }
}
