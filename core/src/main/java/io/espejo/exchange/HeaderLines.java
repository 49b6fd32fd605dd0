package io.espejo.exchange;

import java.util.Optional;

/** Header lines that can be changed; names compare without case. */
public interface HeaderLines {
  /** Takes away all lines with this name. */
  void remove(String name);

  /** Puts one line in the place of all with this name. */
  void set(String name, String value);

  /** The values of all lines with this name, with commas between. */
  Optional<String> joined(String name);

  /** Appends a line; gives itself. */
  HeaderLines add(String name, String value);
}
