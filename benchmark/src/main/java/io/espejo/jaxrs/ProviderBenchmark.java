package io.espejo.jaxrs;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.benchmark.FilterBenchmark;
import io.espejo.config.ConfigSource;
import io.espejo.config.RulesException;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.Cookie;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.PathSegment;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.UriBuilder;
import jakarta.ws.rs.core.UriInfo;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What the provider adds to the request of {@link FilterBenchmark}, which a resource answers, and
 * of which no copy is sent. The runtime is a stub, so what it takes to show a request, and to call
 * filters, is not in here.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ProviderBenchmark {
  /** As in {@link FilterBenchmark}. */
  @Param({"no-rule", "no-match", "no-mirror", "sampled-out"})
  public String rule = "no-rule";

  private Optional<Espejo> espejo = Optional.empty();
  private Optional<MirrorRequestFilter> provider = Optional.empty();
  private final MirrorLifecycle lifecycle = new MirrorLifecycle();
  private final BrokenAnswers broken = new BrokenAnswers();
  private final HttpServletRequest servlet = FilterBenchmark.get();
  private final ServletContext context =
      (ServletContext)
          Proxy.newProxyInstance(
              ServletContext.class.getClassLoader(),
              new Class<?>[] {ServletContext.class},
              (proxy, method, arguments) ->
                  method.getName().equals("getClassLoader") ? Engine.loader() : null);
  private final ServletRequestEvent event = new Event(context, servlet);
  private final ContainerRequestContext hosted = new Get(servlet);
  private final ContainerRequestContext alone = new Get(null);
  private final ContainerResponseContext answer = stub(ContainerResponseContext.class);
  private Path rules = Path.of("");

  /** Writes the rules and starts the provider. */
  @Setup
  public void start() throws IOException, RulesException {
    rules = Files.createTempFile("espejo", ".yaml");
    Files.writeString(rules, FilterBenchmark.rules(rule));
    Espejo opened =
        Espejo.open(
            ConfigSource.path(rules),
            Settings.from(
                name -> name.equals("local") ? Optional.of("httpbin/v1") : Optional.empty()));
    espejo = Optional.of(opened);
    lifecycle.contextInitialized(new jakarta.servlet.ServletContextEvent(context));
    Engine.given(opened);
    provider = Optional.of(new MirrorRequestFilter(opened, Optional.empty(), false));
  }

  /** Ends what was started. */
  @TearDown
  public void stop() throws IOException {
    lifecycle.contextDestroyed(new jakarta.servlet.ServletContextEvent(context));
    espejo.ifPresent(Espejo::close);
    Files.deleteIfExists(rules);
  }

  /** In a servlet container: all of ours that it and the runtime call. */
  @Benchmark
  public void inServletContainer(Blackhole end) throws IOException, ServletException {
    lifecycle.requestInitialized(event);
    broken.doFilter(servlet, NO_ANSWER, (request, response) -> resource(hosted, end));
    lifecycle.requestDestroyed(event);
  }

  /** On a server that is none. */
  @Benchmark
  public void alone(Blackhole end) {
    resource(alone, end);
  }

  private static final ServletResponse NO_ANSWER = stub(ServletResponse.class);

  private void resource(ContainerRequestContext request, Blackhole end) {
    MirrorRequestFilter filter = provider.orElseThrow();
    filter.filter(request);
    end.consume(request);
    filter.filter(request, answer);
  }

  private static <T> T stub(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.toString());
            }));
  }

  private static final class Event extends ServletRequestEvent {
    private static final long serialVersionUID = 1;

    Event(ServletContext context, HttpServletRequest request) {
      super(context, request);
    }
  }

  /** What a browser sends; the same all the time. */
  private static final class Get implements ContainerRequestContext, UriInfo {
    private final URI uri = URI.create("http://httpbin:8000/api/items/42");
    private final MultivaluedMap<String, String> headers = new MultivaluedHashMap<>();
    private final Object servlet;
    private Object property;

    Get(HttpServletRequest servlet) {
      this.servlet = servlet;
      HttpServletRequest known = FilterBenchmark.get();
      for (String name : Collections.list(known.getHeaderNames())) {
        headers.put(name, Collections.list(known.getHeaders(name)));
      }
    }

    /** Forgets what was set: each time is a new request. */
    @Override
    public Object getProperty(String name) {
      return name.equals(ServletFacts.PROPERTY) ? servlet : null;
    }

    @Override
    public void setProperty(String name, Object object) {
      property = object;
    }

    @Override
    public String getMethod() {
      return "GET";
    }

    @Override
    public UriInfo getUriInfo() {
      return this;
    }

    @Override
    public URI getRequestUri() {
      return uri;
    }

    @Override
    public MultivaluedMap<String, String> getHeaders() {
      return headers;
    }

    @Override
    public Collection<String> getPropertyNames() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void removeProperty(String a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setRequestUri(URI a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setRequestUri(URI a, URI b) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Request getRequest() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setMethod(String a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String getHeaderString(String a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Date getDate() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Locale getLanguage() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int getLength() {
      throw new UnsupportedOperationException();
    }

    @Override
    public MediaType getMediaType() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<MediaType> getAcceptableMediaTypes() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Locale> getAcceptableLanguages() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Cookie> getCookies() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean hasEntity() {
      throw new UnsupportedOperationException();
    }

    @Override
    public InputStream getEntityStream() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setEntityStream(InputStream a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SecurityContext getSecurityContext() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setSecurityContext(SecurityContext a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void abortWith(Response a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String getPath() {
      throw new UnsupportedOperationException();
    }

    @Override
    public String getPath(boolean a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<PathSegment> getPathSegments() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<PathSegment> getPathSegments(boolean a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public UriBuilder getRequestUriBuilder() {
      throw new UnsupportedOperationException();
    }

    @Override
    public URI getAbsolutePath() {
      throw new UnsupportedOperationException();
    }

    @Override
    public UriBuilder getAbsolutePathBuilder() {
      throw new UnsupportedOperationException();
    }

    @Override
    public URI getBaseUri() {
      throw new UnsupportedOperationException();
    }

    @Override
    public UriBuilder getBaseUriBuilder() {
      throw new UnsupportedOperationException();
    }

    @Override
    public MultivaluedMap<String, String> getPathParameters() {
      throw new UnsupportedOperationException();
    }

    @Override
    public MultivaluedMap<String, String> getPathParameters(boolean a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public MultivaluedMap<String, String> getQueryParameters() {
      throw new UnsupportedOperationException();
    }

    @Override
    public MultivaluedMap<String, String> getQueryParameters(boolean a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<String> getMatchedURIs() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<String> getMatchedURIs(boolean a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Object> getMatchedResources() {
      throw new UnsupportedOperationException();
    }

    @Override
    public URI resolve(URI a) {
      throw new UnsupportedOperationException();
    }

    @Override
    public URI relativize(URI a) {
      throw new UnsupportedOperationException();
    }
  }
}
