package io.espejo.route;

import io.espejo.exchange.HeaderLines;
import java.util.ArrayList;
import java.util.List;

/**
 * What is done to the headers of a request and of its answer.
 *
 * @param authority what {@code :authority} is set to; empty to leave it
 */
public record HeaderEdits(Edits request, Edits response, String authority) {
  /** Nothing. */
  public static final HeaderEdits NONE = new HeaderEdits(Edits.NONE, Edits.NONE, "");

  /** These and then those: the later ones win, but the authority that was set first stands. */
  public HeaderEdits then(HeaderEdits later) {
    return new HeaderEdits(
        request.then(later.request),
        response.then(later.response),
        authority.isEmpty() ? later.authority : authority);
  }

  /**
   * What is done to one message: first the removals, then the lines that replace all others of
   * their name, then those that come in addition. As in Envoy, all values are made before any line
   * is changed, but after the removals; one that comes out empty leaves the headers as they are.
   */
  public record Edits(List<String> remove, List<Line> set, List<Line> add) {
    /** Nothing. */
    public static final Edits NONE = new Edits(List.of(), List.of(), List.of());

    public Edits {
      remove = List.copyOf(remove);
      set = List.copyOf(set);
      add = List.copyOf(add);
    }

    private Edits then(Edits later) {
      return new Edits(
          joined(remove, later.remove), joined(set, later.set), joined(add, later.add));
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
      List<T> all = new ArrayList<>(first);
      all.addAll(second);
      return all;
    }

    /** Whether nothing is done. */
    public boolean isEmpty() {
      return remove.isEmpty() && set.isEmpty() && add.isEmpty();
    }

    /** Whether a value speaks of the answer's headers. */
    public boolean readsAnswer() {
      return set.stream().anyMatch(line -> line.value().readsAnswer())
          || add.stream().anyMatch(line -> line.value().readsAnswer());
    }

    /** Does it to these lines, which {@code context} shows as they stand. */
    public void applyTo(HeaderLines lines, FormatContext context) {
      for (String name : remove) {
        lines.remove(name);
      }
      String[] values = new String[set.size() + add.size()];
      for (int i = 0; i < values.length; i++) {
        Line line = i < set.size() ? set.get(i) : add.get(i - set.size());
        values[i] = line.value().format(context);
      }
      for (int i = 0; i < set.size(); i++) {
        if (!values[i].isEmpty()) {
          lines.set(set.get(i).name(), values[i]);
        }
      }
      for (int i = 0; i < add.size(); i++) {
        if (!values[set.size() + i].isEmpty()) {
          lines.add(add.get(i).name(), values[set.size() + i]);
        }
      }
    }
  }

  /** A header line. */
  public record Line(String name, HeaderValue value) {}
}
