package io.espejo.it.distributions;

import io.espejo.Espejo;
import io.espejo.config.RuleFile;
import io.espejo.config.RulesException;
import io.espejo.servlet.MirrorFilter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * A {@link MirrorFilter} that a test in another process starts and ends: each of its tests has
 * rules and settings of its own, and a server needs seconds to deploy a WAR. It is where the
 * web.xml would have that filter; requests to {@link #PATH} are for itself. Where it starts none,
 * it tells of what else of ours runs in the WAR.
 */
public final class ControlledFilter implements Filter {
  /** A request's query says what to do: {@code start}, {@code state}, ... */
  static final String PATH = "/espejo-control";

  private final Object changes = new Object();
  private volatile Optional<MirrorFilter> running = Optional.empty();

  /** The last one, which may have ended. */
  private volatile Optional<Espejo> espejo = Optional.empty();

  private volatile Optional<FilterConfig> config = Optional.empty();

  @Override
  public void init(FilterConfig own) {
    config = Optional.of(own);
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request instanceof HttpServletRequest http
        && response instanceof HttpServletResponse answer
        && PATH.equals(http.getRequestURI())) {
      answer(http, answer);
      return;
    }
    Optional<MirrorFilter> filter = running;
    if (filter.isPresent()) {
      filter.get().doFilter(request, response, chain);
    } else {
      chain.doFilter(request, response);
    }
  }

  private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String body = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String text;
    try {
      text = carryOut(request.getQueryString(), body);
    } catch (ServletException | RulesException | RuntimeException refused) {
      response.setStatus(HttpServletResponse.SC_CONFLICT);
      text = String.valueOf(refused.getMessage());
    }
    response.setContentType("text/plain;charset=UTF-8");
    response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private String carryOut(String what, String body)
      throws IOException, ServletException, RulesException {
    switch (what) {
      case "start" -> start(body);
      case "end" -> end();
      case "apply" ->
          known()
              .apply(List.of(new RuleFile("httpbin.yaml", body.getBytes(StandardCharsets.UTF_8))));
      case "mirroring=false" -> known().mirroring(false);
      case "mirroring=true" -> known().mirroring(true);
      case "abort-copies" -> known().abortCopies();
      case "shut-down" -> known().close();
      case "destinations" -> {
        return State.writeDestinations(shown());
      }
      case "threads" -> {
        return threads();
      }
      default -> {
        // It asks for the state.
      }
    }
    return State.write(shown());
  }

  /** Those that Espejo started. */
  private static String threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("espejo-"))
        .collect(Collectors.joining("\n"));
  }

  private Espejo known() {
    return shown().orElseThrow(() -> new IllegalStateException("nothing was started"));
  }

  private Optional<Espejo> shown() {
    return espejo.or(() -> inContext(config.orElseThrow()));
  }

  private static Optional<Espejo> inContext(FilterConfig config) {
    return Optional.ofNullable(
        (Espejo) config.getServletContext().getAttribute(Espejo.class.getName()));
  }

  private void start(String settings) throws IOException, ServletException {
    synchronized (changes) {
      if (running.isPresent()) {
        throw new IllegalStateException("one runs already");
      }
      Properties parameters = new Properties();
      parameters.load(new StringReader(settings));
      FilterConfig own = config.orElseThrow();
      MirrorFilter filter = new MirrorFilter();
      filter.init(new Parameters(own, parameters));
      espejo = inContext(own);
      running = Optional.of(filter);
    }
  }

  private void end() {
    synchronized (changes) {
      Optional<MirrorFilter> filter = running;
      running = Optional.empty();
      filter.ifPresent(MirrorFilter::destroy);
    }
  }

  @Override
  public void destroy() {
    end();
  }

  /** A registration with other parameters. */
  private record Parameters(FilterConfig own, Properties parameters) implements FilterConfig {
    @Override
    public String getFilterName() {
      return own.getFilterName();
    }

    @Override
    public ServletContext getServletContext() {
      return own.getServletContext();
    }

    @Override
    @SuppressWarnings("NullAway") // as the Servlet API has it
    public String getInitParameter(String name) {
      return parameters.getProperty(name);
    }

    @Override
    public Enumeration<String> getInitParameterNames() {
      return Collections.enumeration(parameters.stringPropertyNames());
    }
  }
}
