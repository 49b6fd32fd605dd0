package io.espejo.route;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values by host name, case ignored (in ASCII, which host names are in); asked with a part of a
 * text, so that nothing is copied for it.
 */
final class HostMap<V> {
  private record Entry<V>(String host, V value, @Nullable Entry<V> next) {}

  private final List<String> keys = new ArrayList<>();

  /** By hash; null where there is none. The size is a power of 2. */
  private List<@Nullable Entry<V>> table = empty(16);

  private static <V> List<@Nullable Entry<V>> empty(int size) {
    List<@Nullable Entry<V>> table = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      table.add(null);
    }
    return table;
  }

  /** All host names, in the order in which they came. */
  List<String> keys() {
    return keys;
  }

  /** The value that was there before, which stays; null if there was none. */
  @Nullable V putIfAbsent(String host, V value) {
    V known = get(host, 0, host.length());
    if (known != null) {
      return known;
    }
    keys.add(host);
    if (keys.size() > table.size()) {
      List<@Nullable Entry<V>> smaller = table;
      table = empty(4 * smaller.size());
      for (Entry<V> chain : smaller) {
        for (Entry<V> entry = chain; entry != null; entry = entry.next()) {
          put(entry.host(), entry.value());
        }
      }
    }
    put(host, value);
    return null;
  }

  private void put(String host, V value) {
    int index = index(host, 0, host.length());
    table.set(index, new Entry<>(host, value, table.get(index)));
  }

  /** The value for the host that stands there in the text. */
  @Nullable V get(String text, int start, int end) {
    for (Entry<V> entry = table.get(index(text, start, end)); entry != null; entry = entry.next()) {
      if (equal(entry.host(), text, start, end)) {
        return entry.value();
      }
    }
    return null;
  }

  private int index(String text, int start, int end) {
    int hash = 0;
    for (int i = start; i < end; i++) {
      hash = 31 * hash + lower(text.charAt(i));
    }
    return (hash ^ hash >>> 16) & table.size() - 1;
  }

  private static boolean equal(String host, String text, int start, int end) {
    if (host.length() != end - start) {
      return false;
    }
    for (int i = start; i < end; i++) {
      if (lower(host.charAt(i - start)) != lower(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
  }
}
