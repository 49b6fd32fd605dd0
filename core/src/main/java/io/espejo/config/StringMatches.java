package io.espejo.config;

import io.espejo.route.TextMatch;
import java.util.List;
import java.util.Optional;

/** Reading of Istio's StringMatch. */
final class StringMatches {
  private StringMatches() {}

  /**
   * What differs between fields.
   *
   * @param emptyPrefix whether a prefix may be empty
   * @param star whether the regular expression {@code *}, which is none, asks for presence
   */
  private record Form(boolean ignoreCase, boolean emptyPrefix, boolean star) {}

  private static final Form TEXT = new Form(false, false, false);
  private static final Form ABSENT = new Form(false, false, true);

  /** Of most fields; {@code {}} asks for presence only. */
  static Optional<TextMatch> read(Value value) {
    return read(value, TEXT);
  }

  /** Of a path. */
  static Optional<TextMatch> readPath(Value value, boolean ignoreCase) {
    return read(value, new Form(ignoreCase, true, false));
  }

  /** Of a header that has to be absent. */
  static Optional<TextMatch> readAbsent(Value value) {
    return read(value, ABSENT);
  }

  private static Optional<TextMatch> read(Value value, Form form) {
    return value.isNull()
        ? Optional.of(TextMatch.PRESENT)
        : value.fields().flatMap(fields -> read(fields, form));
  }

  private static Optional<TextMatch> read(Fields fields, Form form) {
    Optional<Value> exact = fields.take("exact");
    Optional<Value> prefix = fields.take("prefix");
    Optional<Value> regex = fields.take("regex");
    fields.end();
    if (List.of(exact, prefix, regex).stream().filter(Optional::isPresent).count() > 1) {
      fields.owner().error("more than one of exact, prefix and regex (expected: one)");
      return Optional.empty();
    }
    if (exact.isPresent()) {
      return exact.flatMap(Value::text).map(text -> new TextMatch.Exact(text, form.ignoreCase()));
    }
    if (prefix.isPresent()) {
      Optional<String> text = prefix.flatMap(Value::text);
      if (!form.emptyPrefix() && text.filter(String::isEmpty).isPresent()) {
        prefix.get().refuse("a prefix that is not empty");
      }
      return text.map(t -> new TextMatch.Prefix(t, form.ignoreCase()));
    }
    return regex.isPresent() ? regex(regex.get(), form) : Optional.of(TextMatch.PRESENT);
  }

  private static Optional<TextMatch> regex(Value value, Form form) {
    Optional<String> text = value.text();
    if (form.star() && text.filter("*"::equals).isPresent()) {
      return Optional.of(TextMatch.PRESENT);
    }
    try {
      return text.map(TextMatch::regex);
    } catch (IllegalArgumentException e) {
      value.refuse("a regular expression in RE2's syntax; " + e.getMessage());
      return Optional.empty();
    }
  }
}
