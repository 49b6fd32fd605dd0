package io.espejo.exchange;

/**
 * Sees a request's body go by on its way to v1.
 *
 * <p>Called by whoever reads the body, one call at a time, in order. No method blocks or throws: it
 * runs on v1's path. After {@link #onEnd} or {@link #onCut} nothing follows.
 */
public interface BodyObserver {
  /** Some bytes. The caller keeps its reference; an observer that keeps the chunk retains it. */
  void onChunk(BodyChunk chunk);

  /** The body is whole; these are its trailer fields. */
  void onEnd(Headers trailers);

  /** The body will never be whole. */
  void onCut(Throwable cause);
}
