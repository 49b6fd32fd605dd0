package io.espejo.exchange;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The header lines of a message, in the order in which they came; a repeated header stays several
 * lines.
 *
 * <p>Immutable. Names keep their case and compare without it, values are as they came (RFC 9110,
 * section 5). Made with a {@link Builder}:
 *
 * <pre>{@code
 * Headers headers = Headers.builder().add("accept", "text/plain").build();
 * }</pre>
 */
public final class Headers {
  /** No header at all. */
  public static final Headers EMPTY = new Headers(new String[0]);

  /** Name, value, name, value, ... */
  private final String[] lines;

  private Headers(String[] lines) {
    this.lines = lines;
  }

  /** An empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** How many lines there are. */
  public int size() {
    return lines.length / 2;
  }

  /** The name on line {@code index}, in the case in which it came. */
  public String name(int index) {
    return lines[2 * index];
  }

  /** The value on line {@code index}. */
  public String value(int index) {
    return lines[2 * index + 1];
  }

  /** The value of the first line with this name. */
  public Optional<String> first(String name) {
    int index = indexOf(name, 0);
    return index < 0 ? Optional.empty() : Optional.of(value(index));
  }

  /** Whether any line has this name. */
  public boolean contains(String name) {
    return indexOf(name, 0) >= 0;
  }

  /** The values of all lines with this name, in order; empty when there is none. */
  public List<String> all(String name) {
    List<String> values = new ArrayList<>();
    for (int index = indexOf(name, 0); index >= 0; index = indexOf(name, index + 1)) {
      values.add(value(index));
    }
    return values;
  }

  /**
   * The values of all lines with this name, with commas between, as Envoy has the headers that it
   * expects once.
   */
  public Optional<String> joined(String name) {
    int first = indexOf(name, 0);
    if (first < 0) {
      return Optional.empty();
    }
    return Optional.of(indexOf(name, first + 1) < 0 ? value(first) : String.join(",", all(name)));
  }

  /** The index of the first line at or after {@code from} that has this name, or -1. */
  public int indexOf(String name, int from) {
    for (int index = from; index < size(); index++) {
      String candidate = lines[2 * index];
      if (candidate.length() == name.length() && candidate.equalsIgnoreCase(name)) {
        return index;
      }
    }
    return -1;
  }

  @Override
  public String toString() {
    return size() + " header lines";
  }

  /** With all {@code cookie} lines as one, which HTTP/2 may split (RFC 9113, section 8.2.3). */
  public Headers withOneCookie() {
    int first = indexOf("cookie", 0);
    if (first < 0 || indexOf("cookie", first + 1) < 0) {
      return this;
    }
    Builder one = toBuilder();
    one.set("cookie", String.join("; ", all("cookie")));
    return one.build();
  }

  /** A builder that has these lines already. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.lines = Arrays.copyOf(lines, lines.length + 32);
    builder.length = lines.length;
    return builder;
  }

  /** Collects and changes lines; not safe for several threads. */
  public static final class Builder implements HeaderLines {
    private String[] lines = new String[32];
    private int length;

    private Builder() {}

    @Override
    public Builder add(String name, String value) {
      if (length == lines.length) {
        lines = Arrays.copyOf(lines, 2 * length);
      }
      lines[length++] = name;
      lines[length++] = value;
      return this;
    }

    @Override
    public void remove(String name) {
      int kept = 0;
      for (int i = 0; i < length; i += 2) {
        if (!lines[i].equalsIgnoreCase(name)) {
          lines[kept++] = lines[i];
          lines[kept++] = lines[i + 1];
        }
      }
      length = kept;
    }

    @Override
    public void set(String name, String value) {
      remove(name);
      add(name, value);
    }

    @Override
    public Optional<String> joined(String name) {
      return build().joined(name);
    }

    /** The value of the first line with this name so far. */
    public Optional<String> first(String name) {
      for (int i = 0; i < length; i += 2) {
        if (lines[i].equalsIgnoreCase(name)) {
          return Optional.of(lines[i + 1]);
        }
      }
      return Optional.empty();
    }

    /** The lines so far. */
    public Headers build() {
      return length == 0 ? EMPTY : new Headers(Arrays.copyOf(lines, length));
    }
  }
}
