package io.espejo.route;

import java.util.List;

/** What is done to the headers of a request and of its answer. */
public record HeaderEdits(Edits request, Edits response) {
  /** Nothing. */
  public static final HeaderEdits NONE = new HeaderEdits(Edits.NONE, Edits.NONE);

  /**
   * What is done to one message: first the removals, then the lines that replace all others of
   * their name, then those that come in addition.
   */
  public record Edits(List<String> remove, List<Line> set, List<Line> add) {
    /** Nothing. */
    public static final Edits NONE = new Edits(List.of(), List.of(), List.of());

    public Edits {
      remove = List.copyOf(remove);
      set = List.copyOf(set);
      add = List.copyOf(add);
    }
  }

  /** A header line. */
  public record Line(String name, String value) {}
}
