package io.espejo.route;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;

/**
 * Prefixes, and the numbers filed under each. All prefixes of a text are found from the longest to
 * the shortest, after one binary search.
 */
final class PrefixIndex {
  private static final int NONE = -1;

  private final boolean ignoreCase;
  private final Comparator<String> order;

  /** Sorted. */
  private final String[] prefixes;

  /** The index of the longest prefix of this one, or {@link #NONE}. */
  private final int[] shorter;

  private final int[][] numbers;

  /** The least number here and at all shorter ones. */
  private final int[] least;

  PrefixIndex(Map<String, int[]> numbersByPrefix, boolean ignoreCase) {
    this.ignoreCase = ignoreCase;
    order = ignoreCase ? String.CASE_INSENSITIVE_ORDER : Comparator.naturalOrder();
    prefixes = numbersByPrefix.keySet().stream().sorted(order).toArray(String[]::new);
    shorter = new int[prefixes.length];
    numbers = new int[prefixes.length][];
    least = new int[prefixes.length];
    for (int i = 0; i < prefixes.length; i++) {
      int candidate = i - 1;
      while (candidate != NONE && !isPrefix(candidate, prefixes[i])) {
        candidate = shorter[candidate];
      }
      shorter[i] = candidate;
      numbers[i] = numbersByPrefix.getOrDefault(prefixes[i], new int[0]);
      least[i] = candidate == NONE ? numbers[i][0] : Math.min(numbers[i][0], least[candidate]);
    }
  }

  /** Where the longest prefix of a text is, or -1. */
  int longest(String text) {
    if (prefixes.length == 0) {
      return NONE;
    }
    int found = Arrays.binarySearch(prefixes, text, order);
    // Between the longest prefix and the text only longer texts with that prefix are sorted.
    int at = found >= 0 ? found : -found - 2;
    while (at != NONE && !isPrefix(at, text)) {
      at = shorter[at];
    }
    return at;
  }

  private boolean isPrefix(int index, String text) {
    String prefix = prefixes[index];
    return text.regionMatches(ignoreCase, 0, prefix, 0, prefix.length());
  }

  /** Where the next shorter prefix is, or -1. */
  int shorter(int at) {
    return shorter[at];
  }

  /** What is filed there, ascending. */
  int[] numbers(int at) {
    return numbers[at];
  }

  /** The least number there and at all shorter prefixes. */
  int least(int at) {
    return least[at];
  }
}
