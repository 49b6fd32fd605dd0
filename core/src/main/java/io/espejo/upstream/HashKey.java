package io.espejo.upstream;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.route.Hash;
import io.espejo.route.QueryParameters;
import io.espejo.route.RequestKey;
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
      text = RequestKey.header(request.headers(), header.name());
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

  private static Affinity ofCookie(Balancing.Key.Cookie cookie, Headers headers) {
    Optional<String> sent = RequestKey.cookie(headers, cookie.name());
    if (sent.isPresent()) {
      return bound(sent.get());
    }
    if (cookie.ttl().isEmpty()) {
      return Affinity.NONE;
    }
    String given = String.format("%016x", ThreadLocalRandom.current().nextLong());
    return new Affinity(OptionalLong.of(Hash.of(given)), Optional.of(line(cookie, given)));
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
