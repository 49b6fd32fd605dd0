package io.espejo.demo.httpbin;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.Part;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.ClientErrorException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What httpbin tells of a request, under the names it uses: {@code get_dict} of its {@code
 * helpers.py}.
 *
 * <p>Reads the body, blocking and at once, up to {@link #MAX_BODY} bytes.
 */
final class RequestView {
  /** More than this is a 413: the body and its answer are held in memory. */
  static final int MAX_BODY = 4 * 1024 * 1024;

  /** What a proxy adds, which httpbin hides unless the query has {@code show_env}. */
  private static final Set<String> HIDDEN =
      Set.of(
          "X-Varnish",
          "X-Request-Start",
          "X-Heroku-Queue-Depth",
          "X-Real-Ip",
          "X-Forwarded-Proto",
          "X-Forwarded-Protocol",
          "X-Forwarded-Ssl",
          "X-Heroku-Queue-Wait-Time",
          "X-Forwarded-For",
          "X-Heroku-Dynos-In-Use",
          "X-Forwarded-Port",
          "X-Request-Id",
          "Via",
          "Total-Route-Time",
          "Connect-Time");

  private final Map<String, Object> fields = new HashMap<>();

  private RequestView() {}

  /** The view without what the body gives. */
  static RequestView ofHead(HttpServletRequest request) {
    RequestView view = new RequestView();
    Map<String, String> headers = headers(request);
    Map<String, Object> args = pairs(Optional.ofNullable(request.getQueryString()).orElse(""));
    view.fields.put("args", args);
    view.fields.put("method", request.getMethod());
    view.fields.put("origin", headers.getOrDefault("X-Forwarded-For", request.getRemoteAddr()));
    view.fields.put("url", url(request, headers));
    view.fields.put("user-agent", headerOrNull(headers, "User-Agent"));
    if (!args.containsKey("show_env")) {
      headers.keySet().removeAll(HIDDEN);
    }
    view.fields.put("headers", headers);
    return view;
  }

  /** The whole view; {@code body} is Jersey's stream, which may already hold what it peeked at. */
  static RequestView of(HttpServletRequest request, InputStream body) throws IOException {
    RequestView view = ofHead(request);
    view.readBody(request, body);
    return view;
  }

  /** The fields of these names, in this order. */
  Map<String, Object> select(String... names) {
    Map<String, Object> selected = new LinkedHashMap<>();
    for (String name : names) {
      selected.put(name, fields.getOrDefault(name, JsonValue.NULL));
    }
    return selected;
  }

  private void readBody(HttpServletRequest request, InputStream body) throws IOException {
    Map<String, Object> form = Map.of();
    Map<String, Object> files = Map.of();
    byte[] data = new byte[0];
    switch (mediaType(request)) {
      case "application/x-www-form-urlencoded" ->
          form = pairs(new String(bounded(body), StandardCharsets.UTF_8));
      case "multipart/form-data" -> {
        Map<String, List<String>> texts = new LinkedHashMap<>();
        files = new LinkedHashMap<>();
        for (Part part : parts(request)) {
          byte[] content = part.getInputStream().readAllBytes();
          if (part.getSubmittedFileName() == null) {
            texts
                .computeIfAbsent(part.getName(), name -> new ArrayList<>())
                .add(new String(content, StandardCharsets.UTF_8));
          } else {
            files.putIfAbsent(
                part.getName(), text(content).orElseGet(() -> dataUrl(content, contentType(part))));
          }
        }
        form = flattened(texts);
      }
      default -> data = bounded(body);
    }
    byte[] octets = data;
    Optional<String> text = text(octets);
    fields.put("form", form);
    fields.put("files", files);
    fields.put("data", text.orElseGet(() -> dataUrl(octets, "application/octet-stream")));
    fields.put("json", text.map(RequestView::json).orElse(JsonValue.NULL));
  }

  private static String mediaType(HttpServletRequest request) {
    String contentType = Optional.ofNullable(request.getContentType()).orElse("");
    return contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private static Iterable<Part> parts(HttpServletRequest request) throws IOException {
    try {
      return request.getParts();
    } catch (ServletException | IllegalStateException malformed) {
      throw new BadRequestException("malformed multipart body", malformed);
    }
  }

  private static String contentType(Part part) {
    return Optional.ofNullable(part.getContentType()).orElse("application/octet-stream");
  }

  private static byte[] bounded(InputStream body) throws IOException {
    byte[] octets = body.readNBytes(MAX_BODY + 1);
    if (octets.length > MAX_BODY) {
      throw new ClientErrorException(413);
    }
    return octets;
  }

  private static Optional<String> text(byte[] octets) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets)).toString());
    } catch (CharacterCodingException notUtf8) {
      return Optional.empty();
    }
  }

  private static String dataUrl(byte[] octets, String contentType) {
    return "data:" + contentType + ";base64," + Base64.getEncoder().encodeToString(octets);
  }

  private static JsonValue json(String text) {
    if (text.isBlank()) {
      return JsonValue.NULL;
    }
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      return reader.readValue();
    } catch (JsonException notJson) {
      return JsonValue.NULL;
    }
  }

  /** As WSGI has them: names in title case, repeated lines joined, no name with an underscore. */
  private static Map<String, String> headers(HttpServletRequest request) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String name : Collections.list(request.getHeaderNames())) {
      if (name.indexOf('_') < 0) {
        headers.put(titled(name), String.join(",", Collections.list(request.getHeaders(name))));
      }
    }
    return headers;
  }

  private static Object headerOrNull(Map<String, String> headers, String name) {
    String value = headers.get(name);
    return value == null ? JsonValue.NULL : value;
  }

  /** Python's {@code str.title()}: a letter after anything but a letter is upper case. */
  private static String titled(String name) {
    StringBuilder titled = new StringBuilder(name.toLowerCase(Locale.ROOT));
    for (int index = 0; index < titled.length(); index++) {
      if (index == 0 || !Character.isLetter(titled.charAt(index - 1))) {
        titled.setCharAt(index, Character.toUpperCase(titled.charAt(index)));
      }
    }
    return titled.toString();
  }

  private static String url(HttpServletRequest request, Map<String, String> headers) {
    String scheme =
        headers.getOrDefault(
            "X-Forwarded-Proto",
            headers.getOrDefault(
                "X-Forwarded-Protocol",
                "on".equals(headers.get("X-Forwarded-Ssl")) ? "https" : request.getScheme()));
    String host = headers.getOrDefault("Host", request.getServerName());
    String query = request.getQueryString();
    return scheme
        + "://"
        + host
        + Percent.toIri(request.getRequestURI(), "?#")
        + (query == null || query.isEmpty() ? "" : "?" + Percent.toIri(query, "&=+#"));
  }

  private static Map<String, Object> pairs(String encoded) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String pair : encoded.split("&", -1)) {
      if (!pair.isEmpty()) {
        String[] parts = pair.split("=", 2);
        values
            .computeIfAbsent(Percent.decodeForm(parts[0]), name -> new ArrayList<>())
            .add(parts.length == 1 ? "" : Percent.decodeForm(parts[1]));
      }
    }
    return flattened(values);
  }

  private static Map<String, Object> flattened(Map<String, List<String>> values) {
    Map<String, Object> flat = new LinkedHashMap<>();
    values.forEach((name, all) -> flat.put(name, all.size() == 1 ? all.get(0) : all));
    return flat;
  }
}
