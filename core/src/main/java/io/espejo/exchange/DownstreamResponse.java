package io.espejo.exchange;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Where v1's answer goes: the client, as an adapter reaches it.
 *
 * <p>One caller at a time: {@link #start} once, then writes and flushes, each after the one before
 * has called back, the last one marked so. Nothing here blocks; the callback comes on any thread,
 * perhaps inside the call.
 */
public interface DownstreamResponse {
  /**
   * Sends 103 with these header lines (RFC 8297) on the way to {@link #start}, where the container
   * can and nothing else is under way; it waits for nothing, and {@code start} may follow at once.
   *
   * @return whether it is sent
   */
  default boolean earlyHints(Headers headers) {
    return false;
  }

  /** The final status and the end-to-end header lines. */
  void start(int status, Headers headers);

  /**
   * The same of an answer that is given in v1's place: its lines stand whatever a route does to the
   * headers of answers, the type of its text where the route names none.
   *
   * @param type empty for an answer without a text
   */
  default void startLocal(int status, Headers headers, Optional<String> type) {
    Headers.Builder lines = headers.toBuilder();
    type.ifPresent(known -> lines.add("Content-Type", known));
    start(status, lines.build());
  }

  /**
   * Sends bytes (perhaps none) and, if they are the last, completes the answer. The buffer belongs
   * to the caller again once called back.
   */
  void write(ByteBuffer bytes, boolean last, Callback callback);

  /** The trailer fields, before the last write; a client that cannot have them gets none. */
  void trailers(Headers trailers);

  /** Sends what was written and may still lie in a buffer; for an answer that pauses. */
  void flush(Callback callback);

  /**
   * Sends 101 with these header lines in place of {@link #start}, and hands the client's connection
   * over once it has left HTTP; nothing of this response is used then.
   */
  void upgrade(Headers headers, Upgrade upgrade);

  /**
   * Breaks the client's connection or stream, so that the answer is not taken for whole; before
   * {@link #start}, too. Nothing follows.
   */
  void abort(Throwable cause);

  /** Told of the client's connection, or why there is none; on any thread. */
  interface Upgrade {
    /** The connection carries bytes now. */
    void succeeded(UpgradedConnection client);

    /** The container cannot, which the client was told by 501; or the client is gone. */
    void failed(Throwable cause);
  }

  /** Told when a write or flush is done. */
  interface Callback {
    /** Done; the next may follow. */
    void succeeded();

    /** The client is gone. */
    void failed(Throwable cause);

    /** For a last write that nothing waits for. */
    static Callback forLast(DownstreamResponse response) {
      return new Callback() {
        @Override
        public void succeeded() {}

        @Override
        public void failed(Throwable cause) {
          response.abort(cause);
        }
      };
    }
  }
}
