package io.espejo.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One side of a connection that client and v1 have switched to another protocol (RFC 9110, section
 * 7.8): bytes both ways, and nothing blocks.
 *
 * <p>One reader and one writer at a time; each may be on another thread. {@link #close} may be
 * called by anybody, at any time.
 */
public interface UpgradedConnection {
  /**
   * Reads what there is.
   *
   * @return how many bytes are in {@code buffer} now, from its beginning; 0 when nothing has come
   *     yet, -1 at the end
   * @throws IOException if the connection is broken or closed
   */
  int read(byte[] buffer) throws IOException;

  /**
   * Asks to be called once, from any thread (perhaps inside this call), when {@link #read} has
   * something else to give than 0.
   */
  void demand(Runnable onReadable);

  /** Sends these bytes, all of them; the buffer belongs to the caller again once called back. */
  void write(ByteBuffer bytes, DownstreamResponse.Callback callback);

  /** Nothing more will be written; what the other end still sends can be read. */
  void finish();

  /** Closes both ways; whoever waits is told. */
  void close();
}
