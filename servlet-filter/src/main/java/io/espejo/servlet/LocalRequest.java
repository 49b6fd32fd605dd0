package io.espejo.servlet;

import io.espejo.exchange.Headers;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.Part;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One dispatch of a request, as the application sees it that answers. */
final class LocalRequest extends HttpServletRequestWrapper {
  private final Optional<LocalBody> body;
  private final Optional<Headers> headers;

  /**
   * A view of {@code request}.
   *
   * @param body if somebody observes it
   * @param headers if they differ from what came
   */
  LocalRequest(HttpServletRequest request, Optional<LocalBody> body, Optional<Headers> headers) {
    super(request);
    this.body = body;
    this.headers = headers;
  }

  @Override
  public ServletInputStream getInputStream() throws IOException {
    return body.isPresent() ? body.get().stream() : super.getInputStream();
  }

  @Override
  public BufferedReader getReader() throws IOException {
    return body.isPresent() ? body.get().reader(getCharacterEncoding()) : super.getReader();
  }

  @Override
  public @Nullable String getParameter(String name) {
    if (body.isPresent() && body.get().leftForQuery(name, getQueryString())) {
      return super.getParameter(name);
    }
    Optional<ExactForm> form = form();
    if (form.isPresent()) {
      String[] values = form.get().values(name, super.getParameterValues(name));
      return values == null ? null : values[0];
    }
    String value = super.getParameter(name);
    body.ifPresent(LocalBody::parametersRead);
    return value;
  }

  @Override
  public Map<String, String[]> getParameterMap() {
    Optional<ExactForm> form = form();
    if (form.isPresent()) {
      return form.get().map(super.getParameterMap());
    }
    Map<String, String[]> parameters = super.getParameterMap();
    body.ifPresent(LocalBody::parametersRead);
    return parameters;
  }

  @Override
  public Enumeration<String> getParameterNames() {
    Optional<ExactForm> form = form();
    if (form.isPresent()) {
      return form.get().names(super.getParameterNames());
    }
    Enumeration<String> names = super.getParameterNames();
    body.ifPresent(LocalBody::parametersRead);
    return names;
  }

  @Override
  public String @Nullable [] getParameterValues(String name) {
    Optional<ExactForm> form = form();
    if (form.isPresent()) {
      return form.get().values(name, super.getParameterValues(name));
    }
    String[] values = super.getParameterValues(name);
    body.ifPresent(LocalBody::parametersRead);
    return values;
  }

  private Optional<ExactForm> form() {
    return body.flatMap(LocalBody::form);
  }

  @Override
  public Collection<Part> getParts() throws IOException, ServletException {
    Collection<Part> parts = super.getParts();
    body.ifPresent(its -> its.partsRead(parts));
    return parts;
  }

  @Override
  public Part getPart(String name) throws IOException, ServletException {
    Part part = super.getPart(name);
    body.ifPresent(LocalBody::parametersRead);
    return part;
  }

  @Override
  public @Nullable String getHeader(String name) {
    return headers.isPresent() ? headers.get().first(name).orElse(null) : super.getHeader(name);
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    return headers.isPresent()
        ? Collections.enumeration(headers.get().all(name))
        : super.getHeaders(name);
  }

  @Override
  public Enumeration<String> getHeaderNames() {
    if (headers.isEmpty()) {
      return super.getHeaderNames();
    }
    Map<String, String> names = new TreeMap<>();
    for (int line = 0; line < headers.get().size(); line++) {
      String name = headers.get().name(line);
      names.putIfAbsent(name.toLowerCase(Locale.ROOT), name);
    }
    return Collections.enumeration(names.values());
  }

  /** Parsed by the container, unless they are not those that came. */
  @Override
  public Cookie @Nullable [] getCookies() {
    if (headers.isEmpty()) {
      return super.getCookies();
    }
    List<String> lines = headers.get().all("cookie");
    return lines.equals(Collections.list(super.getHeaders("cookie")))
        ? super.getCookies()
        : cookies(lines);
  }

  private static Cookie @Nullable [] cookies(List<String> lines) {
    List<Cookie> cookies = new ArrayList<>();
    for (String pair : String.join(";", lines).split(";", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        try {
          cookies.add(
              new Cookie(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip()));
        } catch (IllegalArgumentException notACookie) {
          // Containers pass over those, too.
        }
      }
    }
    return cookies.isEmpty() ? null : cookies.toArray(Cookie[]::new);
  }

  @Override
  public int getIntHeader(String name) {
    return headers.isPresent()
        ? headers.get().first(name).map(Integer::parseInt).orElse(-1)
        : super.getIntHeader(name);
  }

  @Override
  public long getDateHeader(String name) {
    if (headers.isEmpty()) {
      return super.getDateHeader(name);
    }
    Optional<String> value = headers.get().first(name);
    if (value.isEmpty() || value.get().equals(super.getHeader(name))) {
      return super.getDateHeader(name);
    }
    try {
      return ZonedDateTime.parse(value.get(), DateTimeFormatter.RFC_1123_DATE_TIME)
          .toInstant()
          .toEpochMilli();
    } catch (DateTimeParseException notADate) {
      throw new IllegalArgumentException(value.get(), notADate);
    }
  }

  @Override
  public @Nullable String getContentType() {
    return headers.isPresent()
        ? headers.get().first("content-type").orElse(null)
        : super.getContentType();
  }
}
