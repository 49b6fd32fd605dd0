package io.espejo.config;

import io.espejo.route.HeaderEdits;
import io.espejo.route.HeaderEdits.Edits;
import io.espejo.route.HeaderEdits.Line;
import io.espejo.route.HeaderValue;
import io.espejo.upstream.RequestHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reading of {@code headers}. */
final class HeaderReader {
  /** What tells where a message ends, and what concerns one connection only. */
  private static final Set<String> FRAMING =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "keep-alive",
          "proxy-connection",
          "te",
          "transfer-encoding",
          "upgrade");

  private HeaderReader() {}

  /** Those of a route, which may set the authority once. */
  static Optional<HeaderEdits> read(Fields owner) {
    return owner.take("headers").flatMap(Value::fields).map(fields -> edits(fields, true));
  }

  /** The edits of a copy: its authority is not among them. */
  static Edits readShadow(Fields owner) {
    return owner
        .take("headers")
        .flatMap(Value::fields)
        .map(message -> edits(message, Optional.empty()))
        .orElse(Edits.NONE);
  }

  /** Those of a destination, of which Istio takes the authority that is set before one added. */
  static Optional<HeaderEdits> readOfDestination(Fields owner) {
    return owner.take("headers").flatMap(Value::fields).map(fields -> edits(fields, false));
  }

  private static HeaderEdits edits(Fields fields, boolean oneAuthority) {
    Authority authority = new Authority(oneAuthority);
    Edits request =
        fields
            .take("request")
            .flatMap(Value::fields)
            .map(message -> edits(message, Optional.of(authority)))
            .orElse(Edits.NONE);
    Edits response =
        fields
            .take("response")
            .flatMap(Value::fields)
            .map(message -> edits(message, Optional.empty()))
            .orElse(Edits.NONE);
    fields.end();
    return new HeaderEdits(request, response, authority.value);
  }

  /** The first that is set. */
  private static final class Authority {
    private final boolean once;
    private String value = "";

    Authority(boolean once) {
      this.once = once;
    }

    void set(Value at, String text) {
      if (!value.isEmpty() && once) {
        at.error("the authority is set more than once (expected: once)");
      } else if (!value.isEmpty()) {
        at.warn("the authority is " + value + " already, which stands");
      } else {
        value = text;
      }
    }
  }

  private static Edits edits(Fields message, Optional<Authority> authority) {
    List<Line> set = lines(message, "set", authority);
    List<Line> add = lines(message, "add", authority);
    List<String> remove = new ArrayList<>();
    for (Value value : message.list("remove")) {
      value.text().filter(name -> checked(name, value)).ifPresent(remove::add);
    }
    message.end();
    return new Edits(remove, set, add);
  }

  private static List<Line> lines(Fields message, String field, Optional<Authority> authority) {
    List<Line> lines = new ArrayList<>();
    Map<String, Value> sorted = new TreeMap<>(message.take(field).map(Value::map).orElse(Map.of()));
    sorted.forEach(
        (name, value) -> {
          Optional<String> text = value.text();
          if (authority.isPresent() && isAuthority(name)) {
            text.ifPresent(host -> authority.get().set(value, host));
            text.ifPresent(host -> value(value, host));
          } else if (checked(name, value)) {
            text.flatMap(t -> value(value, t)).ifPresent(v -> lines.add(new Line(name, v)));
          }
        });
    return lines;
  }

  private static boolean isAuthority(String name) {
    return name.equalsIgnoreCase("host") || name.equalsIgnoreCase(":authority");
  }

  private static boolean checked(String name, Value value) {
    if (FRAMING.contains(name.toLowerCase(Locale.ROOT))) {
      value.error(name + " is not carried out: it belongs to the connection");
      return false;
    }
    if (isAuthority(name) || !Names.isToken(name) || name.equalsIgnoreCase(RequestHead.MARKER)) {
      value.error("\"" + name + "\" is no header that can be changed");
      return false;
    }
    return true;
  }

  private static Optional<HeaderValue> value(Value value, String text) {
    try {
      if (Names.isHeaderValue(text)) {
        return Optional.of(HeaderValue.parse(text));
      }
      value.refuse("a header's value");
    } catch (IllegalArgumentException e) {
      value.refuse("text with Envoy's expressions; " + e.getMessage());
    }
    return Optional.empty();
  }
}
