package io.espejo.jaxrs;

import io.espejo.Espejo;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a servlet container tells of an application and its requests, and JAX-RS does not: when it
 * ends, who the peer is; and has an answer that broke off seen so. Containers find it in the jar.
 */
public final class MirrorLifecycle
    implements ServletContainerInitializer, ServletContextListener, ServletRequestListener {
  @Override
  public void onStartup(@Nullable Set<Class<?>> classes, ServletContext context) {
    context.addListener(this);
    FilterRegistration.Dynamic broken =
        context.addFilter(BrokenAnswers.class.getName(), new BrokenAnswers());
    if (broken != null) {
      broken.setAsyncSupported(true);
      broken.addMappingForUrlPatterns(
          EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), true, "/*");
    }
  }

  @Override
  public void contextInitialized(ServletContextEvent event) {
    ServletContext context = event.getServletContext();
    Engine.begun(
        loader(context),
        new Engine.ServletApplication() {
          @Override
          public Optional<Espejo> shown() {
            return Optional.ofNullable(context.getAttribute(Espejo.class.getName()))
                .filter(Espejo.class::isInstance)
                .map(Espejo.class::cast);
          }

          @Override
          public void show(Espejo espejo) {
            context.setAttribute(Espejo.class.getName(), espejo);
          }
        });
  }

  /** A context of an embedded Jetty may have none of its own. */
  private static ClassLoader loader(ServletContext context) {
    ClassLoader own = context.getClassLoader();
    return own != null ? own : Engine.loader();
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    Engine.ended(loader(event.getServletContext()));
  }

  @Override
  public void requestInitialized(ServletRequestEvent event) {
    if (Engine.runs(loader(event.getServletContext()))) {
      event.getServletRequest().setAttribute(ServletFacts.PROPERTY, event.getServletRequest());
    }
  }

  /** Not every runtime tells a filter of every answer. */
  @Override
  public void requestDestroyed(ServletRequestEvent event) {
    if (event.getServletRequest().getAttribute(ResourceExchange.PROPERTY)
            instanceof ResourceExchange exchange
        && !event.getServletRequest().isAsyncStarted()) {
      exchange.end();
    }
  }
}
