package io.espejo.proxy;

import io.espejo.exchange.DownstreamResponse;
import io.espejo.exchange.Headers;
import io.espejo.route.Faults.Abort;
import io.espejo.upstream.RequestHead;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An answer that no upstream gave: a status and a short plain text, as Envoy words it.
 *
 * @param status 200 to 600
 * @param text one line, or nothing
 * @param grpcStatus what a gRPC client is told; if empty, what the status comes to
 */
public record LocalAnswer(int status, String text, OptionalInt grpcStatus) {
  /** No virtual host, or no route: empty, as with Envoy. */
  public static final LocalAnswer NOT_FOUND = new LocalAnswer(404, "");

  /** The target is not a path that can be normalised. */
  public static final LocalAnswer BAD_TARGET = new LocalAnswer(400, "bad request target");

  /** A character that does not belong where it is, in the host, the query or a header. */
  public static final LocalAnswer BAD_REQUEST = new LocalAnswer(400, "bad request");

  /** The body has a transfer coding other than chunked. */
  public static final LocalAnswer UNKNOWN_CODING =
      new LocalAnswer(501, "transfer coding not implemented");

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

  /** An answer whose status for gRPC follows from the other. */
  public LocalAnswer(int status, String text) {
    this(status, text, OptionalInt.empty());
  }

  /** What a fault answers. */
  public static LocalAnswer of(Abort abort) {
    return new LocalAnswer(abort.status(), "fault filter abort", abort.grpcStatus());
  }

  /** Sends an answer of header lines alone, and completes it. */
  public static void sendEmpty(DownstreamResponse response, int status, Headers headers) {
    response.start(status, headers.toBuilder().add("Content-Length", "0").build());
    response.write(ByteBuffer.allocate(0), true, DownstreamResponse.Callback.forLast(response));
  }

  /** What its text is, if it has any. */
  public Optional<String> type() {
    return text.isEmpty() ? Optional.empty() : Optional.of("text/plain");
  }

  /** Its text. */
  public byte[] body() {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The lines of it for a client of gRPC, with 200 and no body; empty for any other. */
  public Optional<Headers> ofGrpc(RequestHead request) {
    if (!request.isGrpc()) {
      return Optional.empty();
    }
    Headers.Builder headers =
        Headers.builder()
            .add("Content-Type", "application/grpc")
            .add("Grpc-Status", Integer.toString(grpcStatus.orElseGet(this::impliedGrpcStatus)));
    if (!text.isEmpty()) {
      headers.add("Grpc-Message", text);
    }
    return Optional.of(headers.build());
  }

  /** Sends it, in the form that the client of this request reads, and completes the answer. */
  public void sendTo(DownstreamResponse response, RequestHead request) {
    Optional<Headers> grpc = ofGrpc(request);
    if (grpc.isPresent()) {
      send(response, 200, grpc.get().toBuilder(), Optional.empty(), new byte[0]);
    } else {
      send(response, status, Headers.builder(), type(), body());
    }
  }

  /** As gRPC has it for proxies. */
  private int impliedGrpcStatus() {
    return switch (status) {
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> 14;
      default -> 2;
    };
  }

  private static void send(
      DownstreamResponse response,
      int status,
      Headers.Builder lines,
      Optional<String> type,
      byte[] body) {
    lines.add("Content-Length", Integer.toString(body.length));
    response.startLocal(status, lines.build(), type);
    response.write(ByteBuffer.wrap(body), true, DownstreamResponse.Callback.forLast(response));
  }
}
