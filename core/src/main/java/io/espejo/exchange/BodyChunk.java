package io.espejo.exchange;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a body in a buffer that several readers share by counting references.
 *
 * <p>Who gets a chunk owns one reference and gives it back with {@link #release}; who keeps it
 * longer takes another one with {@link #retain}. When the last is given back, the buffer goes to
 * where it came from. Safe for any threads; the bytes are never changed.
 */
public final class BodyChunk {
  /** Nothing to read now; demand, and read again later. */
  public static final BodyChunk NOT_YET = new BodyChunk(new byte[0], 0, false, null, null);

  /** The end of a body, without bytes. */
  public static final BodyChunk END = new BodyChunk(new byte[0], 0, true, null, null);

  private final byte[] buffer;
  private final int length;
  private final boolean last;
  private final @Nullable ChunkPool pool;
  private final @Nullable Throwable failure;
  private final AtomicInteger references = new AtomicInteger(1);

  private BodyChunk(
      byte[] buffer,
      int length,
      boolean last,
      @Nullable ChunkPool pool,
      @Nullable Throwable failure) {
    this.buffer = buffer;
    this.length = length;
    this.last = last;
    this.pool = pool;
    this.failure = failure;
  }

  /** The first {@code length} bytes of a buffer that {@code pool} lent and takes back. */
  public static BodyChunk pooled(ChunkPool pool, byte[] buffer, int length, boolean last) {
    return new BodyChunk(buffer, length, last, pool, null);
  }

  /** All of {@code bytes}, which must not change any more. */
  public static BodyChunk of(byte[] bytes, boolean last) {
    return new BodyChunk(bytes, bytes.length, last, null, null);
  }

  /** The body ended before it was whole. */
  public static BodyChunk failed(Throwable cause) {
    return new BodyChunk(new byte[0], 0, true, null, cause);
  }

  /** A view of the bytes with a position of its own; valid while a reference is held. */
  public ByteBuffer bytes() {
    return ByteBuffer.wrap(buffer, 0, length);
  }

  /** How many bytes there are. */
  public int length() {
    return length;
  }

  /** How much memory they hold, in bytes: what budgets count. */
  public int capacity() {
    return buffer.length;
  }

  /** Whether no chunk follows. */
  public boolean last() {
    return last;
  }

  /** Why the body ended before it was whole, if it did. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** Takes another reference. */
  public BodyChunk retain() {
    if (pool != null && references.getAndIncrement() <= 0) {
      throw new IllegalStateException("chunk is released");
    }
    return this;
  }

  /** Gives a reference back. */
  public void release() {
    ChunkPool from = pool;
    if (from == null) {
      return;
    }
    int left = references.decrementAndGet();
    if (left == 0) {
      from.give(buffer);
    } else if (left < 0) {
      throw new IllegalStateException("chunk is released twice");
    }
  }
}
