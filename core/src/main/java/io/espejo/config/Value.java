package io.espejo.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A value of a document, with its place. A value of another type than the one asked for is reported
 * as a problem and then counts as absent.
 */
final class Value {
  private static final int SHOWN = 80;
  private static final int NUMBER = 40;
  private static final BigDecimal MAX_COUNT = BigDecimal.valueOf(0xFFFF_FFFFL);
  private static final Set<String> TRUE = Set.of("true", "yes", "y", "on");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  private final Node node;
  private final Place place;
  private final Report report;

  private Value(Node node, Place place, Report report) {
    this.node = node;
    this.place = place;
    this.report = report;
    report.count(place);
  }

  static Value of(Node node, String file, String path, Report report) {
    return new Value(node, place(node, file, path), report);
  }

  private static Place place(Node node, String file, String path) {
    Optional<Mark> mark = node.getStartMark();
    return new Place(
        file,
        mark.map(m -> m.getLine() + 1).orElse(1),
        mark.map(m -> m.getColumn() + 1).orElse(1),
        path);
  }

  Place place() {
    return place;
  }

  boolean isNull() {
    return Tag.NULL.equals(node.getTag());
  }

  void error(String message) {
    report.error(place, message);
  }

  /** Reports a field that is missing here. */
  void errorAt(String field, String message) {
    report.error(place.field(field), message);
  }

  /** Reports something that stands elsewhere in this value. */
  void errorAt(Place at, String message) {
    report.error(at, message);
  }

  void warn(String message) {
    report.warn(place, message);
  }

  void refuse(String expected) {
    error(shown() + " (expected: " + expected + ")");
  }

  /** The fields of a mapping of a fixed form. */
  Optional<Fields> fields() {
    Optional<Map<String, Value>> entries = entries(true);
    return entries.map(map -> new Fields(this, map));
  }

  /** The entries of a mapping with free keys; empty when it is null. */
  Map<String, Value> map() {
    return isNull() ? Map.of() : entries(false).orElse(Map.of());
  }

  private Optional<Map<String, Value>> entries(boolean fieldNames) {
    if (!(node instanceof MappingNode mapping)) {
      refuse("a mapping");
      return Optional.empty();
    }
    Map<String, Value> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = ((ScalarNode) tuple.getKeyNode()).getValue();
      String path = place.path().isEmpty() ? shown(key) : place.path() + "." + shown(key);
      Value value = of(tuple.getValueNode(), place.file(), path, report);
      Value first = entries.putIfAbsent(fieldNames ? jsonName(key) : key, value);
      if (first != null) {
        report.error(
            place(tuple.getKeyNode(), place.file(), path),
            "duplicate key (the first is on line " + first.place.line() + ")");
      }
    }
    return Optional.of(entries);
  }

  /** Protocol buffers take a field by its JSON name and by its own: mirror_percent. */
  private static String jsonName(String key) {
    StringBuilder name = new StringBuilder(key.length());
    for (int i = 0; i < key.length(); i++) {
      boolean hump = i > 0 && key.charAt(i) == '_' && i + 1 < key.length();
      name.append(hump ? Character.toUpperCase(key.charAt(++i)) : key.charAt(i));
    }
    return name.toString();
  }

  /** The elements of a list; a null among them is a problem. */
  List<Value> list() {
    if (!(node instanceof SequenceNode sequence)) {
      refuse("a list");
      return List.of();
    }
    List<Value> elements = new ArrayList<>();
    for (Node element : sequence.getValue()) {
      String path = place.path() + "[" + elements.size() + "]";
      elements.add(of(element, place.file(), path, report));
    }
    elements.stream().filter(Value::isNull).forEach(value -> value.refuse("a value"));
    return elements.stream().filter(value -> !value.isNull()).toList();
  }

  boolean isEmptyList() {
    return node instanceof SequenceNode sequence && sequence.getValue().isEmpty();
  }

  Optional<String> text() {
    return scalar(
        Tag.BOOL.equals(node.getTag()) ? "text; unquoted, this is true or false" : "text", Tag.STR);
  }

  /** One of these words. */
  Optional<String> oneOf(Set<String> words) {
    Optional<String> text = text();
    if (text.filter(word -> !words.contains(word)).isPresent()) {
      refuse(String.join(" or ", words.stream().sorted().toList()));
      return Optional.empty();
    }
    return text;
  }

  Optional<Boolean> flag() {
    return scalar("true or false", Tag.BOOL)
        .map(word -> TRUE.contains(word.toLowerCase(Locale.ROOT)));
  }

  /** A whole number in this range. */
  Optional<Integer> integer(int min, int max) {
    return whole(min, max).map(Long::intValue);
  }

  /** A whole number in this range, which may be larger than 32 bits. */
  Optional<Long> whole(long min, long max) {
    String expected = min + ".." + max;
    return decimal(expected)
        .flatMap(
            number -> {
              try {
                long value = number.longValueExact();
                if (value >= min && value <= max) {
                  return Optional.of(value);
                }
              } catch (ArithmeticException e) {
                // not whole, or too large: refused below
              }
              refuse(expected);
              return Optional.empty();
            });
  }

  /** A whole number of 32 bits without a sign; from 2^31 on it is as good as endless. */
  Optional<Integer> count() {
    String expected = "0..4294967295";
    Optional<BigDecimal> number = decimal(expected);
    if (number.isPresent()
        && (number.get().signum() < 0
            || number.get().compareTo(MAX_COUNT) > 0
            || number.get().stripTrailingZeros().scale() > 0)) {
      refuse(expected);
      return Optional.empty();
    }
    return number.map(n -> (int) Math.min(n.longValue(), Integer.MAX_VALUE));
  }

  /** A number, exactly as written. */
  Optional<BigDecimal> decimal(String expected) {
    return scalar(expected, Tag.INT, Tag.FLOAT)
        .flatMap(
            text -> {
              try {
                if (text.length() <= NUMBER) {
                  return Optional.of(new BigDecimal(text));
                }
              } catch (NumberFormatException e) {
                // .nan, .inf, 0x1f: refused below
              }
              refuse(expected);
              return Optional.empty();
            });
  }

  private Optional<String> scalar(String expected, Tag... tags) {
    if (node instanceof ScalarNode scalar && List.of(tags).contains(node.getTag())) {
      return Optional.of(scalar.getValue());
    }
    refuse(expected);
    return Optional.empty();
  }

  /** The value as a message shows it, on one line and not too long. */
  String shown() {
    if (node instanceof ScalarNode scalar) {
      boolean text = Tag.STR.equals(node.getTag());
      return text && (scalar.getValue().isEmpty() || !scalar.isPlain())
          ? '"' + shown(scalar.getValue()) + '"'
          : isNull() ? "null" : shown(scalar.getValue());
    }
    return node instanceof MappingNode ? "a mapping" : "a list";
  }

  private static String shown(String text) {
    String line = text.length() > SHOWN ? text.substring(0, SHOWN - 3) + "..." : text;
    return CONTROL.matcher(line).replaceAll("?");
  }
}
