package io.espejo.jaxrs;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;

/** Which resources may read a request past JAX-RS, from the servlet request that they ask for. */
final class ServletReading {
  private static final Set<String> REQUESTS =
      Set.of("jakarta.servlet.ServletRequest", "jakarta.servlet.http.HttpServletRequest");

  private ServletReading() {}

  /**
   * Whether the method may: its class or itself is given the servlet request, and none of its
   * parameters is the entity, which the runtime would read before.
   *
   * @param annotated the method or what it overrides, where the annotations are
   */
  static boolean by(Class<?> type, Method method, Method annotated) {
    return Arrays.stream(annotated.getParameters()).noneMatch(ServletReading::entity)
        && (asks(method) || asks(type));
  }

  /** What no annotation says the origin of. */
  private static boolean entity(Parameter parameter) {
    return !ofJaxRs(parameter);
  }

  /** Whether an annotation of JAX-RS is on it, or one of RESTEasy's own. */
  static boolean ofJaxRs(AnnotatedElement element) {
    return Arrays.stream(element.getAnnotations())
        .map(annotation -> annotation.annotationType().getName())
        .anyMatch(
            name ->
                name.startsWith("jakarta.ws.rs.")
                    || name.startsWith("org.jboss.resteasy.annotations."));
  }

  private static boolean asks(Executable called) {
    return Arrays.stream(called.getParameterTypes()).anyMatch(ServletReading::isRequest);
  }

  private static boolean asks(Class<?> type) {
    for (Class<?> each = type; each != null; each = each.getSuperclass()) {
      if (Arrays.stream(each.getDeclaredFields())
              .filter(ServletReading::injected)
              .map(Field::getType)
              .anyMatch(ServletReading::isRequest)
          || Stream.<Executable>concat(
                  Arrays.stream(each.getDeclaredConstructors()),
                  Arrays.stream(each.getDeclaredMethods()).filter(ServletReading::injected))
              .anyMatch(ServletReading::asks)) {
        return true;
      }
    }
    return false;
  }

  private static boolean injected(AnnotatedElement member) {
    return Arrays.stream(member.getAnnotations())
        .map(annotation -> annotation.annotationType().getName())
        .anyMatch(Set.of("jakarta.ws.rs.core.Context", "jakarta.inject.Inject")::contains);
  }

  private static boolean isRequest(Class<?> type) {
    return REQUESTS.contains(type.getName());
  }
}
