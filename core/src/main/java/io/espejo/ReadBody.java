package io.espejo;

import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.Headers;
import io.espejo.exchange.RequestBody;
import java.util.concurrent.atomic.AtomicReference;

/** A body whose first chunk was read already. */
final class ReadBody implements RequestBody {
  private final AtomicReference<BodyChunk> first;
  private final RequestBody rest;

  ReadBody(BodyChunk first, RequestBody rest) {
    this.first = new AtomicReference<>(first);
    this.rest = rest;
  }

  @Override
  public void open() {
    // It was, to be read from.
  }

  @Override
  public BodyChunk read() {
    BodyChunk chunk = first.getAndSet(BodyChunk.NOT_YET);
    return chunk != BodyChunk.NOT_YET ? chunk : rest.read();
  }

  @Override
  public void demand(Runnable onReadable) {
    if (first.get() != BodyChunk.NOT_YET) {
      onReadable.run();
    } else {
      rest.demand(onReadable);
    }
  }

  @Override
  public void fail(Throwable cause) {
    BodyChunk chunk = first.getAndSet(BodyChunk.NOT_YET);
    chunk.release();
    rest.fail(cause);
  }

  @Override
  public Headers trailers() {
    return rest.trailers();
  }
}
