package io.espejo.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/**
 * What was received of a body: its length, its SHA-256 and, up to 64 KiB, its bytes.
 *
 * <p>Filled by one thread; read by any once the message was handed out.
 */
public final class RecordedBody {
  private static final int KEPT = 64 * 1024;

  private final MessageDigest digest = sha256();
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final LongConsumer onRead;
  private long length;
  private String hash = "";

  RecordedBody() {
    this(read -> {});
  }

  /** A body that tells of every part of it how long it is. */
  RecordedBody(LongConsumer onRead) {
    this.onRead = onRead;
  }

  void add(byte[] bytes, int count) {
    digest.update(bytes, 0, count);
    kept.write(bytes, 0, (int) Math.max(0, Math.min(count, KEPT - length)));
    length += count;
    onRead.accept(count);
  }

  RecordedBody end() {
    hash = HexFormat.of().formatHex(digest.digest());
    return this;
  }

  /** How many bytes came, without chunk headers. */
  public long length() {
    return length;
  }

  /** The SHA-256 of the bytes that came, in lower-case hex. */
  public String hash() {
    return hash;
  }

  /** The bytes themselves; refuses when there were more than 64 KiB. */
  public byte[] bytes() {
    if (length > KEPT) {
      throw new IllegalStateException("body of " + length + " bytes was not kept; compare hashes");
    }
    return kept.toByteArray();
  }

  /** The bytes as ISO-8859-1 text. */
  public String text() {
    return new String(bytes(), StandardCharsets.ISO_8859_1);
  }

  /** The SHA-256 of {@code bytes}, as {@link #hash()} gives it. */
  public static String hashOf(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public String toString() {
    return length + " bytes";
  }
}
