package io.espejo.proxy;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * An answer that no upstream gave: a status and a short plain text, as Envoy words it.
 *
 * @param status 400 to 599
 * @param text one line, or nothing
 */
public record LocalAnswer(int status, String text) {
  /** No virtual host, or no route: empty, as with Envoy. */
  public static final LocalAnswer NOT_FOUND = new LocalAnswer(404, "");

  /** The target is not a path that can be normalised. */
  public static final LocalAnswer BAD_TARGET = new LocalAnswer(400, "bad request target");

  /** The route's cluster is unknown or has no endpoint. */
  public static final LocalAnswer NO_UPSTREAM = new LocalAnswer(503, "no healthy upstream");

  /** Too many requests for one endpoint. */
  public static final LocalAnswer OVERFLOW = new LocalAnswer(503, "upstream overflow");

  /** v1 refused, reset or closed before the answer's head. */
  public static final LocalAnswer DISCONNECTED =
      new LocalAnswer(503, "upstream connect error or disconnect/reset before headers");

  /** What v1 answered is not HTTP. */
  public static final LocalAnswer MALFORMED = new LocalAnswer(502, "upstream protocol error");

  /** v1 was silent for too long. */
  public static final LocalAnswer TIMED_OUT = new LocalAnswer(504, "upstream request timeout");

  /** Espejo is closing. */
  public static final LocalAnswer CLOSING = new LocalAnswer(503, "shutting down");

  private static final DownstreamResponse.Callback NOTHING_FOLLOWS =
      new DownstreamResponse.Callback() {
        @Override
        public void succeeded() {}

        @Override
        public void failed(Throwable cause) {}
      };

  /** Its header lines, without the length. */
  public Headers headers() {
    return text.isEmpty()
        ? Headers.EMPTY
        : Headers.builder().add("Content-Type", "text/plain").build();
  }

  /** Its text as a line of its own. */
  public byte[] body() {
    return text.isEmpty() ? new byte[0] : (text + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Sends it, and completes the answer. */
  public void sendTo(DownstreamResponse response) {
    byte[] body = body();
    Headers.Builder lines = headers().toBuilder();
    response.start(status, lines.add("Content-Length", Integer.toString(body.length)).build());
    response.write(ByteBuffer.wrap(body), true, NOTHING_FOLLOWS);
  }
}
