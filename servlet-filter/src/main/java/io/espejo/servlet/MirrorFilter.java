package io.espejo.servlet;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.Verdict;
import io.espejo.config.RulesException;
import io.espejo.exchange.DownstreamResponse;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
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
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Mirroring as a servlet filter: a gateway, which answers every request with v1's answer, or, with
 * the setting {@code local}, in the application that is v1 itself. The copies that the rules ask
 * for go to v2.
 *
 * <p>Everything is asynchronous and non-blocking, so filter and mapping need {@code
 * async-supported}. The one setting it needs is {@code rules}: a path in the WAR ({@code
 * /WEB-INF/...}), a file, a directory, or {@code classpath:...}. Every setting of {@link Settings},
 * {@code stripContextPath}, {@code forms}, {@code forms.maxBytes} and {@code forms.maxParameters}
 * may be a system property {@code espejo.NAME}, an environment variable {@code ESPEJO_NAME} (upper
 * case, dots as underscores), an init-param, or a context-param {@code espejo.NAME}; the first of
 * these stands.
 *
 * <pre>{@code
 * <filter>
 *   <filter-name>espejo</filter-name>
 *   <filter-class>io.espejo.servlet.MirrorFilter</filter-class>
 *   <async-supported>true</async-supported>
 *   <init-param><param-name>rules</param-name><param-value>/WEB-INF/rules</param-value></init-param>
 * </filter>
 * }</pre>
 *
 * <p>Map it for the dispatchers REQUEST and ASYNC: an answer of v1 that breaks off is broken to the
 * client by an ASYNC dispatch on containers that know no other way. The running {@link Espejo} is
 * an attribute of the servlet context, under that class's name; the {@link Verdict} is one of each
 * request that the application does not answer itself, for an access log.
 */
public final class MirrorFilter implements Filter {
  /** What is no setting of {@link Settings}. */
  private static final Set<String> OWN_SETTINGS =
      Set.of("stripContextPath", "forms", "forms.maxBytes", "forms.maxParameters");

  private final @Nullable Espejo given;
  private @Nullable Espejo espejo;
  private @Nullable Espejo opened;
  private @Nullable ServletContext context;
  private boolean stripContextPath;
  private EarlyHints hints = EarlyHints.NONE;
  private Container container = Container.OTHER;
  private Optional<ExactForm.Settings> exactForms = Optional.empty();

  /** A filter that reads its settings in {@link #init}, and ends what it started. */
  public MirrorFilter() {
    this.given = null;
  }

  /** A filter for an {@link Espejo} that somebody else opened and will close. */
  public MirrorFilter(Espejo espejo) {
    this.given = espejo;
  }

  @Override
  public void init(FilterConfig config) throws ServletException {
    FilterSettings settings = new FilterSettings(config);
    context = config.getServletContext();
    exactForms = exactForms(settings, context);
    stripContextPath = settings.find("stripContextPath").map(Boolean::parseBoolean).orElse(false);
    hints = EarlyHints.in(context);
    container = Container.of(context);
    espejo = given != null ? given : shown(config).orElse(null);
    if (espejo == null) {
      opened = open(settings);
      espejo = opened;
    }
    context.setAttribute(Espejo.class.getName(), espejo);
  }

  /**
   * What runs in this application already: a feature of JAX-RS may have been configured before.
   * Whoever has init-params for more than this filter's own part has one of his own.
   */
  private static Optional<Espejo> shown(FilterConfig config) {
    return OWN_SETTINGS.containsAll(Collections.list(config.getInitParameterNames()))
            && config.getServletContext().getAttribute(Espejo.class.getName())
                instanceof Espejo shown
            && shown.accepting()
        ? Optional.of(shown)
        : Optional.empty();
  }

  private static Optional<ExactForm.Settings> exactForms(
      FilterSettings settings, ServletContext context) throws ServletException {
    try {
      return ExactForm.Settings.of(settings, context);
    } catch (IllegalArgumentException wrong) {
      throw new ServletException(wrong.getMessage(), wrong);
    }
  }

  private static Espejo open(FilterSettings settings) throws ServletException {
    try {
      return Espejo.open(settings.rules(), Settings.from(settings::find));
    } catch (RulesException refused) {
      throw new ServletException("rules refused:\n" + refused.getMessage(), refused);
    } catch (IOException unreadable) {
      throw new ServletException("cannot read the rules: " + unreadable.getMessage(), unreadable);
    } catch (IllegalArgumentException wrong) {
      throw new ServletException(wrong.getMessage(), wrong);
    }
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Espejo running = espejo;
    if (running == null
        || !(request instanceof HttpServletRequest http)
        || !(response instanceof HttpServletResponse answer)) {
      chain.doFilter(request, response);
      return;
    }
    if (http.getAttribute(ServletDownstreamResponse.BROKEN) != null) {
      if (http.getDispatcherType() == DispatcherType.ASYNC) {
        breakConnection(http, answer);
        return;
      }
      // It came after the container had ended its request, and found the next one in its place.
      http.removeAttribute(ServletDownstreamResponse.BROKEN);
    }
    if (http.getAttribute(LocalExchange.ATTRIBUTE) instanceof LocalExchange known) {
      known.again(http, answer, chain);
      return;
    }
    if (http.getAttribute(ProtocolSwitch.ATTRIBUTE) instanceof ProtocolSwitch protocol) {
      protocol.carryOut(http, answer);
      return;
    }
    if (running.inPlace() && http.getDispatcherType() != DispatcherType.REQUEST) {
      chain.doFilter(request, response);
      return;
    }
    ServletDownstreamRequest downstream = new ServletDownstreamRequest(http, stripContextPath);
    Verdict verdict = running.evaluate(downstream);
    if (verdict instanceof Verdict.InPlace inPlace) {
      if (inPlace.untouched()) {
        chain.doFilter(request, response);
      } else {
        new LocalExchange(inPlace, http, running.chunks(), exactForms).begin(http, answer, chain);
      }
      return;
    }
    http.setAttribute(Verdict.class.getName(), verdict);
    if (verdict instanceof Verdict.Answer local) {
      local(running, http, answer, local);
    } else if (verdict instanceof Verdict.Forward forward) {
      ServletRequestBody body = body(running, http);
      running.forward(forward, downstream, body, asynchronous(http, answer, body));
    }
  }

  private ServletRequestBody body(Espejo running, HttpServletRequest http) {
    return new ServletRequestBody(
        http, running.chunks(), running.threads(), container, running::lateCall);
  }

  private ServletDownstreamResponse asynchronous(
      HttpServletRequest http, HttpServletResponse answer, ServletRequestBody body) {
    AsyncContext async = http.startAsync(http, answer);
    // Our time limits hold, not the container's.
    async.setTimeout(0);
    return new ServletDownstreamResponse(
        async, Completion.of(async, body, container), http, answer, hints, container);
  }

  /** Without a switch to asynchronous where the answer fits the buffer, so that no write blocks. */
  private void local(
      Espejo running, HttpServletRequest http, HttpServletResponse answer, Verdict.Answer local)
      throws IOException {
    int length = local.body().length();
    if (length > ServletDownstreamResponse.BUFFER_SIZE) {
      ServletDownstreamResponse response = asynchronous(http, answer, body(running, http));
      response.start(
          local.status(),
          local.headers().toBuilder().add("Content-Length", Integer.toString(length)).build());
      response.write(
          ByteBuffer.wrap(local.body().toArray()),
          true,
          DownstreamResponse.Callback.forLast(response));
      return;
    }
    ServletDownstreamResponse.head(answer, local.status(), local.headers());
    answer.setContentLength(length);
    if (length > 0) {
      answer.getOutputStream().write(local.body().toArray());
    }
  }

  /**
   * Tomcat does it at an exception. Undertow ends the answer then as if it were whole, but breaks
   * it at a time limit that nobody has answered.
   */
  private void breakConnection(HttpServletRequest http, HttpServletResponse answer)
      throws BrokenAnswer {
    if (container == Container.TOMCAT || !answer.isCommitted()) {
      throw new BrokenAnswer();
    }
    http.startAsync().setTimeout(1);
  }

  @Override
  public void destroy() {
    Espejo own = opened;
    espejo = null;
    opened = null;
    if (context != null && (own != null || given != null)) {
      context.removeAttribute(Espejo.class.getName());
    }
    if (own != null) {
      own.close();
    }
  }

  /**
   * Makes a container break the connection under an answer that has begun. Without a stack trace:
   * it is v1's fault, and containers log it whole.
   */
  private static final class BrokenAnswer extends ServletException {
    private static final long serialVersionUID = 1;

    BrokenAnswer() {
      super("v1's answer broke off");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }
}
