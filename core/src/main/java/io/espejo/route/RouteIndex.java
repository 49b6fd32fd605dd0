package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first route that accepts a request, without asking all of them.
 *
 * <p>Each match is filed under one thing that a request must have to meet it: an exact path, a
 * prefix of the path, the value of a header; of several the one that the fewest others ask for. A
 * request is held against what is filed under its own path, prefixes and headers, and against what
 * could not be filed, in the order of the routes and only as far as the best one so far.
 */
final class RouteIndex {
  /** By number: a match, and the route that it belongs to. */
  private final List<RouteMatch> matches = new ArrayList<>();

  private final List<Route> routes = new ArrayList<>();

  private final Map<String, int[]> exact;
  private final Map<String, int[]> exactFolded;
  private final PrefixIndex prefixes;
  private final PrefixIndex prefixesFolded;

  /** By name and value. */
  private final Map<String, Map<String, int[]>> headers;

  private final int[] others;

  /** A kind of thing that matches are filed under. */
  private enum Kind {
    EXACT,
    EXACT_FOLDED,
    HEADER,
    PREFIX,
    PREFIX_FOLDED,
    NOTHING
  }

  /** What a match is filed under; {@code name} is that of the header. */
  private record Key(Kind kind, String name, String text) {
    static final Key NOTHING = new Key(Kind.NOTHING, "", "");
  }

  RouteIndex(List<Route> routes) {
    for (Route route : routes) {
      List<RouteMatch> alternatives =
          route.matches().isEmpty() ? List.of(RouteMatch.EVERYTHING) : route.matches();
      for (RouteMatch match : alternatives) {
        matches.add(match);
        this.routes.add(route);
      }
    }
    Map<Key, List<Integer>> filed = file();
    exact = byText(filed, Kind.EXACT, new HashMap<>());
    exactFolded = byText(filed, Kind.EXACT_FOLDED, new TreeMap<>(String.CASE_INSENSITIVE_ORDER));
    prefixes = new PrefixIndex(byText(filed, Kind.PREFIX, new HashMap<>()), false);
    prefixesFolded =
        new PrefixIndex(
            byText(filed, Kind.PREFIX_FOLDED, new TreeMap<>(String.CASE_INSENSITIVE_ORDER)), true);
    headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    filed.forEach(
        (key, numbers) -> {
          if (key.kind() == Kind.HEADER) {
            headers
                .computeIfAbsent(key.name(), name -> new HashMap<>())
                .put(key.text(), array(numbers));
          }
        });
    others = array(filed.getOrDefault(Key.NOTHING, List.of()));
  }

  private Map<Key, List<Integer>> file() {
    Map<Key, Integer> demand = new HashMap<>();
    for (RouteMatch match : matches) {
      keys(match).forEach(key -> demand.merge(key, 1, Integer::sum));
    }
    Map<Key, List<Integer>> filed = new HashMap<>();
    for (int number = 0; number < matches.size(); number++) {
      Key best = Key.NOTHING;
      for (Key key : keys(matches.get(number))) {
        if (best.equals(Key.NOTHING)
            || demand.getOrDefault(key, 0) < demand.getOrDefault(best, 0)) {
          best = key;
        }
      }
      filed.computeIfAbsent(best, key -> new ArrayList<>()).add(number);
    }
    return filed;
  }

  private static List<Key> keys(RouteMatch match) {
    List<Key> keys = new ArrayList<>();
    for (Condition condition : match.conditions()) {
      if (condition instanceof Condition.Path path) {
        keys.add(key(path.text()));
      } else if (condition instanceof Condition.Header header
          && header.text() instanceof TextMatch.Exact value
          && !value.ignoreCase()
          && !header.absentIsEmpty()) {
        keys.add(new Key(Kind.HEADER, header.name().toLowerCase(Locale.ROOT), value.value()));
      }
    }
    keys.remove(Key.NOTHING);
    return keys;
  }

  private static Key key(TextMatch path) {
    if (path instanceof TextMatch.Exact text) {
      return text.ignoreCase()
          ? new Key(Kind.EXACT_FOLDED, "", folded(text.value()))
          : new Key(Kind.EXACT, "", text.value());
    }
    if (path instanceof TextMatch.Prefix text) {
      return text.ignoreCase()
          ? new Key(Kind.PREFIX_FOLDED, "", folded(text.value()))
          : new Key(Kind.PREFIX, "", text.value());
    }
    if (path instanceof TextMatch.Regex regex && !regex.literalPrefix().isEmpty()) {
      return new Key(Kind.PREFIX, "", regex.literalPrefix());
    }
    return Key.NOTHING;
  }

  /** As regionMatches and CASE_INSENSITIVE_ORDER see it. */
  private static String folded(String text) {
    StringBuilder folded = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      folded.setCharAt(i, Character.toLowerCase(Character.toUpperCase(text.charAt(i))));
    }
    return folded.toString();
  }

  private static Map<String, int[]> byText(
      Map<Key, List<Integer>> filed, Kind kind, Map<String, int[]> byText) {
    filed.forEach(
        (key, numbers) -> {
          if (key.kind() == kind) {
            byText.put(key.text(), array(numbers));
          }
        });
    return byText;
  }

  private static int[] array(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The first route that accepts the request. */
  @Nullable Route first(DownstreamRequest request, String path) {
    int best = matches.size();
    best = first(exact.get(path), best, request, path);
    if (!exactFolded.isEmpty()) {
      best = first(exactFolded.get(path), best, request, path);
    }
    best = first(prefixes, best, request, path);
    best = first(prefixesFolded, best, request, path);
    if (!headers.isEmpty()) {
      best = firstByHeader(best, request, path);
    }
    best = first(others, best, request, path);
    return best == matches.size() ? null : routes.get(best);
  }

  private int first(PrefixIndex index, int best, DownstreamRequest request, String path) {
    int found = best;
    for (int at = index.longest(path); at >= 0 && index.least(at) < found; at = index.shorter(at)) {
      found = first(index.numbers(at), found, request, path);
    }
    return found;
  }

  private int firstByHeader(int best, DownstreamRequest request, String path) {
    int found = best;
    Headers lines = request.headers();
    Set<int[]> asked = Set.of();
    for (int line = 0; line < lines.size(); line++) {
      Map<String, int[]> values = headers.get(lines.name(line));
      int[] numbers = values == null ? null : values.get(lines.value(line));
      // Once, however often a client repeats the line.
      if (numbers != null && !asked.contains(numbers)) {
        found = first(numbers, found, request, path);
        asked = asked.isEmpty() ? Collections.newSetFromMap(new IdentityHashMap<>()) : asked;
        asked.add(numbers);
      }
    }
    return found;
  }

  /** The first of these numbers that is less than the best one, and whose match accepts. */
  private int first(int @Nullable [] numbers, int best, DownstreamRequest request, String path) {
    if (numbers == null) {
      return best;
    }
    for (int number : numbers) {
      if (number >= best) {
        return best;
      }
      if (matches.get(number).accepts(request, path)) {
        return number;
      }
    }
    return best;
  }
}
