package io.espejo.exchange;

/**
 * The client's request body as a stream of {@link BodyChunk}s, pulled without blocking.
 *
 * <p>An adapter implements it over its container's input. One reader at a time: the core reads
 * until it is given {@link BodyChunk#NOT_YET}, then demands once, and reads again when called back.
 * After the last chunk, or a failed one, every further read gives that end again.
 */
public interface RequestBody {
  /** A request without a body. */
  RequestBody NONE =
      new RequestBody() {
        @Override
        public void open() {}

        @Override
        public BodyChunk read() {
          return BodyChunk.END;
        }

        @Override
        public void demand(Runnable onReadable) {
          onReadable.run();
        }

        @Override
        public void fail(Throwable cause) {}

        @Override
        public Headers trailers() {
          return Headers.EMPTY;
        }
      };

  /**
   * Lets bytes come; nothing can be read before. Called at most once, on the thread that handed the
   * request over, before it is let go: what else is done with a body may be done by a thread that
   * serves another client and holds what its container locks for that one.
   */
  void open();

  /**
   * The next piece of the body: bytes, the end, a failure, or {@link BodyChunk#NOT_YET}. Never
   * blocks, never throws. The caller owns the chunk and releases it.
   */
  BodyChunk read();

  /**
   * Asks to be called once, from any thread (perhaps inside this call), when {@link #read} has
   * something else to give than {@link BodyChunk#NOT_YET}.
   */
  void demand(Runnable onReadable);

  /** No further byte is wanted. What was read stays valid; the adapter frees what it holds. */
  void fail(Throwable cause);

  /** The trailer fields; complete once the last chunk was read, empty before. */
  Headers trailers();
}
