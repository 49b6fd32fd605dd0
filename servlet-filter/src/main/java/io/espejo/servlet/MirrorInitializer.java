package io.espejo.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.lang.System.Logger.Level;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link MirrorFilter} before an application that has rules and no such filter: the jar in
 * {@code WEB-INF/lib} is enough.
 *
 * <p>It has rules if the setting {@code rules} says where, or {@code /WEB-INF/espejo.yaml} or a
 * directory {@code /WEB-INF/espejo/} is there. The setting {@code local} says what the application
 * is; without it nothing is registered, because a gateway would answer in the application's place.
 * Containers call it as an initializer, and those that look for none in jars as a listener of the
 * web fragment; the second call finds the filter and does nothing.
 */
public final class MirrorInitializer
    implements ServletContainerInitializer, ServletContextListener {
  private static final System.Logger LOG = System.getLogger(MirrorInitializer.class.getName());
  private static final String FILE = "/WEB-INF/espejo.yaml";
  private static final String DIRECTORY = "/WEB-INF/espejo/";

  @Override
  public void onStartup(@Nullable Set<Class<?>> classes, ServletContext context) {
    register(context);
  }

  @Override
  public void contextInitialized(ServletContextEvent event) {
    register(event.getServletContext());
  }

  private static void register(ServletContext context) {
    FilterSettings settings = new FilterSettings(context);
    Optional<String> rules =
        settings.find("rules").or(() -> inWar(context, FILE)).or(() -> inWar(context, DIRECTORY));
    if (rules.isEmpty() || isRegistered(context)) {
      return;
    }
    if (settings.find("local").isEmpty()) {
      LOG.log(
          Level.ERROR,
          "{0}: nothing is mirrored, because espejo.local is not set (expected: what this"
              + " application is in the rules, as in httpbin/v1)",
          rules.get());
      return;
    }
    FilterRegistration.Dynamic filter = context.addFilter("espejo", MirrorFilter.class);
    if (filter != null) {
      filter.setAsyncSupported(true);
      filter.setInitParameter("rules", rules.get());
      filter.addMappingForUrlPatterns(EnumSet.allOf(DispatcherType.class), false, "/*");
    }
  }

  private static Optional<String> inWar(ServletContext context, String path) {
    return FilterSettings.inWar(context, path) ? Optional.of(path) : Optional.empty();
  }

  private static boolean isRegistered(ServletContext context) {
    return context.getFilterRegistrations().values().stream()
        .anyMatch(filter -> MirrorFilter.class.getName().equals(filter.getClassName()));
  }
}
