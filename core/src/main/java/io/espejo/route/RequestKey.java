package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.Optional;
import java.util.OptionalInt;

/** What requests that belong together have in common. */
public sealed interface RequestKey {
  /** The key of this request, if it has one. */
  Optional<String> of(DownstreamRequest request);

  /**
   * The draw that a request's key stands for: the same for the same key, in every process. Without
   * a key, or with an empty one, there is none.
   */
  default OptionalInt draw(DownstreamRequest request) {
    Optional<String> key = of(request).filter(text -> !text.isEmpty());
    return key.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of((int) Long.remainderUnsigned(Hash.of(key.get()), Draw.BOUND));
  }

  /** All values of a header. */
  record Header(String name) implements RequestKey {
    @Override
    public Optional<String> of(DownstreamRequest request) {
      return header(request.headers(), name);
    }
  }

  /** The first cookie of this name. */
  record Cookie(String name) implements RequestKey {
    @Override
    public Optional<String> of(DownstreamRequest request) {
      return cookie(request.headers(), name);
    }
  }

  /** The first value of a query parameter, raw. */
  record QueryParameter(String name) implements RequestKey {
    @Override
    public Optional<String> of(DownstreamRequest request) {
      return request.query().flatMap(query -> QueryParameters.first(query, name));
    }
  }

  /** All values of a header, in an order that is theirs alone, as Envoy hashes them. */
  static Optional<String> header(Headers headers, String name) {
    int first = headers.indexOf(name, 0);
    if (first < 0) {
      return Optional.empty();
    }
    return headers.indexOf(name, first + 1) < 0
        ? Optional.of(headers.value(first))
        : Optional.of(String.join("\n", headers.all(name).stream().sorted().toList()));
  }

  /** The value of the first cookie of this name, without its quotes. */
  static Optional<String> cookie(Headers headers, String name) {
    for (int line = headers.indexOf("cookie", 0);
        line >= 0;
        line = headers.indexOf("cookie", line + 1)) {
      Optional<String> value = cookie(headers.value(line), name);
      if (value.isPresent()) {
        return value;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> cookie(String pairs, String name) {
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
}
