package io.espejo.proxy;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.MemoryBudget;
import java.util.ArrayList;
import java.util.List;

/**
 * What came of a body so far, kept for a further attempt until it is more than the bound; not safe
 * for several threads.
 */
final class KeptBody {
  /** What a chunk takes beside its bytes. */
  private static final int OVERHEAD = 64;

  private final MemoryBudget memory;
  private final int maxBytes;
  private final List<BodyChunk> chunks = new ArrayList<>(4);
  private long bytes;
  private long reserved;
  private boolean open = true;

  KeptBody(MemoryBudget memory, int maxBytes) {
    this.memory = memory;
    this.maxBytes = maxBytes;
  }

  /** Whether all that came is here. */
  boolean isWhole() {
    return open;
  }

  int size() {
    return chunks.size();
  }

  /** One of the chunks, with a reference of the caller's own. */
  BodyChunk get(int index) {
    return chunks.get(index).retain();
  }

  /** Keeps one more; false, and nothing is kept any more, when that is too much. */
  boolean add(BodyChunk chunk) {
    // A small chunk in a large buffer is copied, so that it does not hold the buffer.
    boolean small = chunk.length() < chunk.capacity() / 2;
    long cost = (long) OVERHEAD + (small ? chunk.length() : chunk.capacity());
    if (bytes + chunk.length() > maxBytes || !memory.reserve(cost)) {
      drop();
      return false;
    }
    bytes += chunk.length();
    reserved += cost;
    chunks.add(small ? copy(chunk) : chunk.retain());
    return true;
  }

  private static BodyChunk copy(BodyChunk chunk) {
    byte[] copied = new byte[chunk.length()];
    chunk.bytes().get(copied);
    return BodyChunk.of(copied, false);
  }

  /** Lets go of all: no further attempt will be made. */
  void drop() {
    open = false;
    chunks.forEach(BodyChunk::release);
    chunks.clear();
    memory.release(reserved);
    reserved = 0;
  }
}
