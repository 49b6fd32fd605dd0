package io.espejo.route;

import io.espejo.exchange.HeaderLines;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is done to the headers of a request and of its answer.
 *
 * @param authority what {@code :authority} is set to; empty to leave it
 */
public record HeaderEdits(Edits request, Edits response, String authority) {
  /** Those of a request that Envoy keeps on one line. */
  private static final Set<String> JOINED_IN_REQUESTS =
      names(
          "accept",
          "accept-encoding",
          "access-control-request-method",
          "authorization",
          "cache-control",
          "content-type",
          "grpc-accept-encoding",
          "grpc-timeout",
          "if-none-match",
          "if-range",
          "origin",
          "pragma",
          "referer",
          "user-agent",
          "via",
          "x-forwarded-for",
          "x-forwarded-host",
          "x-forwarded-proto",
          "x-request-id");

  /** The same of an answer. */
  private static final Set<String> JOINED_IN_ANSWERS =
      names(
          "cache-control",
          "content-type",
          "date",
          "etag",
          "location",
          "vary",
          "via",
          "x-request-id");

  /** Nothing. */
  public static final HeaderEdits NONE = new HeaderEdits(Edits.NONE, Edits.NONE, "");

  private static Set<String> names(String... names) {
    Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    set.addAll(List.of(names));
    return Collections.unmodifiableSet(set);
  }

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
   * What comes to a header of one line, such as {@code content-type}, follows it after a comma.
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

    /** Does it to these lines of a request, which {@code context} shows as they stand. */
    public void applyToRequest(HeaderLines lines, FormatContext context) {
      applyTo(lines, context, JOINED_IN_REQUESTS);
    }

    /** Does it to these lines of an answer, which {@code context} shows as they stand. */
    public void applyToAnswer(HeaderLines lines, FormatContext context) {
      applyTo(lines, context, JOINED_IN_ANSWERS);
    }

    private void applyTo(HeaderLines lines, FormatContext context, Set<String> joined) {
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
        String value = values[set.size() + i];
        if (!value.isEmpty()) {
          add(lines, add.get(i).name(), value, joined.contains(add.get(i).name()));
        }
      }
    }

    private static void add(HeaderLines lines, String name, String value, boolean join) {
      Optional<String> before = join ? lines.joined(name) : Optional.empty();
      if (before.isPresent()) {
        lines.set(name, before.get() + "," + value);
      } else {
        lines.add(name, value);
      }
    }
  }

  /** A header line. */
  public record Line(String name, HeaderValue value) {}
}
