package io.espejo.exchange;

/** Header lines that can be changed; names compare without case. */
public interface HeaderLines {
  /** Takes away all lines with this name. */
  void remove(String name);

  /** Puts one line in the place of all with this name. */
  void set(String name, String value);

  /** Appends a line; gives itself. */
  HeaderLines add(String name, String value);
}
