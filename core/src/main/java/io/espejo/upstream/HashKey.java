package io.espejo.upstream;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.route.QueryParameters;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/** Takes from a request what binds it, as Envoy's hash policies do. */
record HashKey(Balancing.Key key) {
  Affinity of(DownstreamRequest request) {
    if (key instanceof Balancing.Key.Cookie cookie) {
      return ofCookie(cookie, request.headers());
    }
    Optional<String> text = Optional.empty();
    if (key instanceof Balancing.Key.Header header) {
      text = values(request.headers(), header.name());
    } else if (key instanceof Balancing.Key.QueryParameter parameter) {
      text = request.query().flatMap(query -> QueryParameters.first(query, parameter.name()));
    } else if (key instanceof Balancing.Key.SourceIp) {
      text = Optional.of(request.clientAddress());
    }
    return text.map(HashKey::bound).orElse(Affinity.NONE);
  }

  private static Affinity bound(String text) {
    return new Affinity(OptionalLong.of(Hash.of(text)), Optional.empty());
  }

  /** All values of a header, in an order that is theirs alone, as with Envoy. */
  private static Optional<String> values(Headers headers, String name) {
    int first = headers.indexOf(name, 0);
    if (first < 0) {
      return Optional.empty();
    }
    return headers.indexOf(name, first + 1) < 0
        ? Optional.of(headers.value(first))
        : Optional.of(String.join("\n", headers.all(name).stream().sorted().toList()));
  }

  private static Affinity ofCookie(Balancing.Key.Cookie cookie, Headers headers) {
    for (int line = headers.indexOf("cookie", 0);
        line >= 0;
        line = headers.indexOf("cookie", line + 1)) {
      Optional<String> value = value(headers.value(line), cookie.name());
      if (value.isPresent()) {
        return bound(value.get());
      }
    }
    if (cookie.ttl().isEmpty()) {
      return Affinity.NONE;
    }
    String given = String.format("%016x", ThreadLocalRandom.current().nextLong());
    return new Affinity(OptionalLong.of(Hash.of(given)), Optional.of(line(cookie, given)));
  }

  private static Optional<String> value(String pairs, String name) {
    for (String pair : pairs.split(";", -1)) {
      int equals = pair.indexOf('=');
      if (equals >= 0 && pair.substring(0, equals).trim().equals(name)) {
        String value = pair.substring(equals + 1).trim();
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return Optional.of(quoted ? value.substring(1, value.length() - 1) : value);
      }
    }
    return Optional.empty();
  }

  /** As Envoy writes it, a cookie that scripts cannot read. */
  private static String line(Balancing.Key.Cookie cookie, String value) {
    StringBuilder line = new StringBuilder(cookie.name()).append("=\"").append(value).append('"');
    long seconds = cookie.ttl().map(ttl -> ttl.toSeconds()).orElse(0L);
    if (seconds != 0) {
      line.append("; Max-Age=").append(seconds);
    }
    if (!cookie.path().isEmpty()) {
      line.append("; Path=").append(cookie.path());
    }
    cookie.attributes().forEach(attribute -> line.append("; ").append(attribute));
    return line.append("; HttpOnly").toString();
  }
}
