package io.espejo.servlet;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The body of an HTML form, made anew of the parameters that a container read from it.
 *
 * <p>Of each name the values are in their order, and names in the order in which they first came:
 * what stood between two values of one name is not known any more.
 */
final class RebuiltForm {
  private RebuiltForm() {}

  /**
   * The pairs of the body, url-encoded; empty if there are none.
   *
   * @param sent the query that the client sent; a dispatch may have added its own
   */
  static byte[] of(HttpServletRequest request, String sent) {
    Map<String, String[]> parameters = request.getParameterMap();
    String now = Optional.ofNullable(request.getQueryString()).orElse("");
    String query =
        now.equals(sent) || now.isEmpty() ? sent : sent.isEmpty() ? now : now + "&" + sent;
    Optional<Charset> said = charset(request.getCharacterEncoding());
    byte[] body = of(parameters, query, said.orElse(StandardCharsets.UTF_8));
    if (said.isEmpty() && body.length != request.getContentLengthLong()) {
      // Without a charset most read Latin-1, Jetty UTF-8; the length may tell.
      byte[] latin = of(parameters, query, StandardCharsets.ISO_8859_1);
      if (latin.length == request.getContentLengthLong()) {
        return latin;
      }
    }
    return body;
  }

  private static Optional<Charset> charset(@Nullable String name) {
    try {
      return name == null ? Optional.empty() : Optional.of(Charset.forName(name));
    } catch (IllegalArgumentException unknown) {
      return Optional.empty();
    }
  }

  /** Of a name the query's values come first. */
  private static byte[] of(Map<String, String[]> parameters, String query, Charset charset) {
    Map<String, Integer> inQuery = counts(query);
    StringBuilder body = new StringBuilder();
    parameters.forEach(
        (name, values) -> {
          for (int i = inQuery.getOrDefault(name, 0); i < values.length; i++) {
            body.append(body.isEmpty() ? "" : "&")
                .append(URLEncoder.encode(name, charset))
                .append('=')
                .append(URLEncoder.encode(values[i], charset));
          }
        });
    return body.toString().getBytes(StandardCharsets.US_ASCII);
  }

  static boolean inQuery(String name, String query) {
    return counts(query).containsKey(name);
  }

  private static Map<String, Integer> counts(String query) {
    Map<String, Integer> counts = new HashMap<>();
    if (query.isEmpty()) {
      return counts;
    }
    // Open Liberty keeps a pair of nothing between two '&', and behind the last.
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      counts.merge(decoded(equals < 0 ? pair : pair.substring(0, equals)), 1, Integer::sum);
    }
    return counts;
  }

  private static String decoded(String name) {
    try {
      return URLDecoder.decode(name, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEscaped) {
      return name;
    }
  }
}
