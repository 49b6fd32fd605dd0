package io.espejo.jaxrs;

import io.espejo.Espejo;
import io.espejo.config.OwnMirror;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import java.lang.System.Logger.Level;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds out, method by method, which resources are mirrored, and how. */
final class MirroredResources implements DynamicFeature {
  private static final System.Logger LOG = System.getLogger(MirrorFeature.class.getName());

  /** Before whoever authenticates, so that v2 gets what is refused, too; answers: after all. */
  private static final int PRIORITY = 500;

  private final Espejo espejo;
  private final boolean all;

  /**
   * Those of an application.
   *
   * @param all whether the annotation is not needed
   */
  MirroredResources(Espejo espejo, boolean all) {
    this.espejo = espejo;
    this.all = all;
  }

  /**
   * Of a resource that has a path of its own, runtimes ask at the start; of others perhaps when the
   * first request comes, which must not fail for it.
   */
  @Override
  public void configure(ResourceInfo resource, FeatureContext context) {
    Class<?> type = resource.getResourceClass();
    Method method = resource.getResourceMethod();
    if (type == null || method == null) {
      return;
    }
    boolean atStart = find(type, each -> each.getAnnotation(Path.class)).isPresent();
    try {
      if (atStart) {
        checkBelow(type, new HashSet<>());
      }
      configure(
          name(type, method),
          mirrored(type, method),
          ServletReading.by(type, method, annotated(type, method)),
          context);
    } catch (IllegalArgumentException wrong) {
      if (atStart) {
        throw wrong;
      }
      LOG.log(Level.ERROR, "{0}; it is not mirrored", wrong.getMessage());
    }
  }

  private void configure(
      String name, Optional<Mirrored> annotation, boolean servletReading, FeatureContext context) {
    Optional<OwnMirror> own = annotation.flatMap(its -> own(name, its));
    if (own.isPresent()) {
      if (!espejo.add(own.get())) {
        warn(name, "is mirrored to a host, subset or port that no document defines now");
      }
      context.register(new MirrorRequestFilter(espejo, own, servletReading), PRIORITY);
    } else if (all || annotation.isPresent()) {
      if (espejo.inPlace()) {
        context.register(
            new MirrorRequestFilter(espejo, Optional.empty(), servletReading), PRIORITY);
      } else {
        warn(
            name,
            "is not mirrored, because espejo.local is not set (expected: what this application is"
                + " in the rules, as in httpbin/v1)");
      }
    }
  }

  private static void warn(String name, String what) {
    LOG.log(Level.WARNING, "{0} {1}", name, what);
  }

  private static String name(Class<?> type, Method method) {
    return type.getName() + "." + method.getName();
  }

  /** The rule that it is, if it has values. */
  private static Optional<OwnMirror> own(String name, Mirrored annotation) {
    try {
      if (!annotation.host().isEmpty()) {
        return Optional.of(
            OwnMirror.of(
                name,
                annotation.host(),
                annotation.subset(),
                annotation.port(),
                annotation.percentage()));
      }
    } catch (IllegalArgumentException wrong) {
      throw new IllegalArgumentException("@Mirrored of " + name + ": " + wrong.getMessage(), wrong);
    }
    if (!annotation.subset().isEmpty()
        || annotation.port() != 0
        || annotation.percentage() != 100) {
      throw new IllegalArgumentException(
          "@Mirrored of " + name + ": no host (expected: the service that gets the copies)");
    }
    return Optional.empty();
  }

  /** What locators of the class give is looked at as far as their return types tell. */
  private static void checkBelow(Class<?> type, Set<Class<?>> seen) {
    if (!seen.add(type)) {
      return;
    }
    for (Method method : type.getMethods()) {
      boolean answers =
          Arrays.stream(method.getAnnotations())
              .map(Annotation::annotationType)
              .anyMatch(kind -> kind.isAnnotationPresent(HttpMethod.class));
      if (answers) {
        mirrored(type, method).ifPresent(its -> own(name(type, method), its));
      } else if (method.isAnnotationPresent(Path.class)) {
        checkBelow(method.getReturnType(), seen);
      }
    }
  }

  /** The method's, or else the class's; what they override or extend counts, as for JAX-RS. */
  private static Optional<Mirrored> mirrored(Class<?> type, Method method) {
    return find(type, each -> declared(each, method))
        .or(() -> find(type, each -> each.getAnnotation(Mirrored.class)));
  }

  private static @Nullable Mirrored declared(Class<?> type, Method method) {
    Method its = same(type, method);
    return its == null ? null : its.getAnnotation(Mirrored.class);
  }

  private static @Nullable Method same(Class<?> type, Method method) {
    try {
      return type.getDeclaredMethod(method.getName(), method.getParameterTypes());
    } catch (NoSuchMethodException notHere) {
      return null;
    }
  }

  /** The first with an annotation of JAX-RS: none above it counts, for JAX-RS. */
  private static Method annotated(Class<?> type, Method method) {
    return find(
            type,
            each -> {
              Method its = same(each, method);
              return its != null && ServletReading.ofJaxRs(its) ? its : null;
            })
        .orElse(method);
  }

  /** The first that the class has, then its superclasses, each before its interfaces. */
  private static <T> Optional<T> find(Class<?> type, Function<Class<?>, @Nullable T> found) {
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      Optional<T> its = findIn(each, found);
      if (its.isPresent()) {
        return its;
      }
    }
    return Optional.empty();
  }

  private static <T> Optional<T> findIn(Class<?> type, Function<Class<?>, @Nullable T> found) {
    T its = found.apply(type);
    if (its != null) {
      return Optional.of(its);
    }
    return Arrays.stream(type.getInterfaces())
        .map(parent -> findIn(parent, found))
        .flatMap(Optional::stream)
        .findFirst();
  }
}
