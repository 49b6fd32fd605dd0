package io.espejo.route;

import java.util.Optional;

/**
 * The parameters of a raw query: nothing is decoded, {@code &} separates, names have their case.
 */
public final class QueryParameters {
  private QueryParameters() {}

  /** The value of the first parameter of this name; {@code ?key} has an empty one. */
  public static Optional<String> first(String query, String name) {
    int start = 0;
    while (start <= query.length()) {
      int ampersand = query.indexOf('&', start);
      int end = ampersand < 0 ? query.length() : ampersand;
      int nameEnd = start + name.length();
      if (nameEnd <= end && query.startsWith(name, start)) {
        if (nameEnd == end) {
          return Optional.of("");
        }
        if (query.charAt(nameEnd) == '=') {
          return Optional.of(query.substring(nameEnd + 1, end));
        }
      }
      start = end + 1;
    }
    return Optional.empty();
  }
}
