package io.espejo.config;

/** How bad a {@link Problem} is. */
public enum Severity {
  /** The set of files is refused. */
  ERROR,
  /** The set works, but probably not as meant. */
  WARNING
}
