package io.espejo.route;

import java.util.Arrays;

/** Bytes that never change. */
public final class Bytes {
  /** None at all. */
  public static final Bytes NONE = copyOf(new byte[0]);

  private final byte[] bytes;

  private Bytes(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A copy of these. */
  public static Bytes copyOf(byte[] bytes) {
    return new Bytes(bytes.clone());
  }

  /** How many. */
  public int length() {
    return bytes.length;
  }

  /** A copy of them. */
  public byte[] toArray() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes them && Arrays.equals(bytes, them.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return bytes.length + " bytes";
  }
}
