package io.espejo.it.jaxrs;

/** An exception that has a mapper. */
public final class Mapped extends Exception {
  private static final long serialVersionUID = 1;

  private final int length;

  Mapped(int length) {
    this.length = length;
  }

  int length() {
    return length;
  }
}
