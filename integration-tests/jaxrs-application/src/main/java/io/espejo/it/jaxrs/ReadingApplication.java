package io.espejo.it.jaxrs;

import io.espejo.Espejo;
import io.espejo.jaxrs.GatewayFeature;
import io.espejo.jaxrs.MirrorFeature;
import jakarta.ws.rs.core.Application;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The resources, with a feature of ours or without. */
public class ReadingApplication extends Application {
  /** How tests name the resources that are wrong. */
  private static final Map<String, Class<?>> WRONG =
      Map.of(
          "percentage", AnnotatedResource.WrongPercentage.class,
          "subset", AnnotatedResource.WrongSubset.class,
          "below", AnnotatedResource.WrongBelow.class);

  private final Map<String, Object> properties = new HashMap<>();
  private final Set<Class<?>> classes = new LinkedHashSet<>();
  private final Set<Object> features = new LinkedHashSet<>();

  /**
   * What a test wants.
   *
   * @param rules without, there is no feature
   * @param settings of the feature; {@code wrong} names a resource that is, {@code feature} is
   *     {@code discovered}, or {@code twice}, or {@code gateway}
   * @param parts whether the runtime has them
   */
  public ReadingApplication(Optional<Path> rules, Map<String, String> settings, boolean parts) {
    classes.add(ReadingResource.class);
    classes.add(AnnotatedResource.class);
    classes.add(AnnotatedResource.Whole.class);
    classes.add(ServletResource.class);
    classes.add(BracedReader.class);
    classes.add(MappedMapper.class);
    if (parts) {
      classes.add(MultipartResource.class);
    }
    Optional.ofNullable(settings.get("wrong")).map(WRONG::get).ifPresent(classes::add);
    if (rules.isPresent()) {
      properties.put("espejo.rules", rules.get().toString());
      settings.forEach((name, value) -> properties.put("espejo." + name, value));
      switch (settings.getOrDefault("feature", "registered")) {
        case "discovered", "filter" -> {}
        case "gateway" -> features.add(new GatewayFeature());
        case "twice" -> {
          features.add(new MirrorFeature());
          features.add(new MirrorFeature());
        }
        default -> features.add(new MirrorFeature());
      }
    }
  }

  @Override
  public Set<Class<?>> getClasses() {
    return classes;
  }

  @Override
  @SuppressWarnings("deprecation") // CXF takes features by no other way
  public Set<Object> getSingletons() {
    return features;
  }

  @Override
  public Map<String, Object> getProperties() {
    return properties;
  }

  /** What its features run on, if it has some. */
  public Optional<Espejo> espejo() {
    for (Object feature : features) {
      Optional<Espejo> its =
          feature instanceof MirrorFeature mirror
              ? mirror.espejo()
              : ((GatewayFeature) feature).espejo();
      if (its.isPresent()) {
        return its;
      }
    }
    return Optional.empty();
  }

  /** Ends them, where no servlet container does. */
  public void close() {
    for (Object feature : features) {
      if (feature instanceof MirrorFeature mirror) {
        mirror.close();
      } else {
        ((GatewayFeature) feature).close();
      }
    }
  }
}
