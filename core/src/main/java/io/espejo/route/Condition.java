package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.Optional;

/** One thing that a {@code match} block asks of a request, as Istio's HTTPMatchRequest has it. */
public sealed interface Condition {
  /**
   * Whether the request meets it.
   *
   * @param path the request's path, normalised
   */
  boolean holds(DownstreamRequest request, String path);

  /** The path, without query. */
  record Path(TextMatch text) implements Condition {
    @Override
    public boolean holds(DownstreamRequest request, String path) {
      return text.accepts(path);
    }
  }

  /** The method, case-sensitive. */
  record Method(TextMatch text) implements Condition {
    @Override
    public boolean holds(DownstreamRequest request, String path) {
      return text.accepts(request.method());
    }
  }

  /** The scheme: {@code http} or {@code https}. */
  record Scheme(TextMatch text) implements Condition {
    @Override
    public boolean holds(DownstreamRequest request, String path) {
      return text.accepts(request.scheme());
    }
  }

  /** The path with the query: what a matcher of the header {@code :path} sees. */
  record Target(TextMatch text) implements Condition {
    @Override
    public boolean holds(DownstreamRequest request, String path) {
      Optional<String> query = request.query();
      return text.accepts(query.isPresent() ? path + "?" + query.get() : path);
    }
  }

  /** What must not be so. */
  record Not(Condition condition) implements Condition {
    @Override
    public boolean holds(DownstreamRequest request, String path) {
      return !condition.holds(request, path);
    }
  }

  /** The authority as sent, with its port if it has one, case-sensitive. */
  record Authority(TextMatch text) implements Condition {
    @Override
    public boolean holds(DownstreamRequest request, String path) {
      return text.accepts(request.authority());
    }
  }

  /**
   * A header. Repeated lines are tested one by one, and any of them will do.
   *
   * @param absentIsEmpty whether a header that is not there counts as an empty one
   */
  record Header(String name, TextMatch text, boolean absentIsEmpty) implements Condition {
    /** A header that has to be there. */
    public Header(String name, TextMatch text) {
      this(name, text, false);
    }

    @Override
    public boolean holds(DownstreamRequest request, String path) {
      Headers headers = request.headers();
      if (absentIsEmpty && !headers.contains(name)) {
        return text.accepts("");
      }
      for (int i = headers.indexOf(name, 0); i >= 0; i = headers.indexOf(name, i + 1)) {
        if (text.accepts(headers.value(i))) {
          return true;
        }
      }
      return false;
    }
  }

  /** The first query parameter of this name, as {@link QueryParameters} has it. */
  record QueryParam(String name, TextMatch text) implements Condition {
    @Override
    public boolean holds(DownstreamRequest request, String path) {
      Optional<String> value = request.query().flatMap(query -> QueryParameters.first(query, name));
      return value.isPresent() && text.accepts(value.get());
    }
  }
}
