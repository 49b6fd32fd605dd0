package io.espejo.testkit;

import io.espejo.exchange.Headers;
import java.util.List;

/**
 * One request as an origin received it, byte for byte.
 *
 * @param origin the name of the origin
 * @param head the request line and the header lines as they came
 * @param headers the header lines, split
 * @param framing how the request said where its body ends
 * @param body what came of the body
 * @param trailers the trailer lines of a chunked body
 * @param end whether it came whole
 * @param connection which connection of the origin brought it, from 1
 * @param ordinal which request of its connection it was, from 1; above 1 the connection was reused
 */
public record RecordedRequest(
    String origin,
    List<String> head,
    Headers headers,
    Framing framing,
    RecordedBody body,
    Headers trailers,
    End end,
    int connection,
    int ordinal) {
  public RecordedRequest {
    head = List.copyOf(head);
  }

  /** How the reading of a request ended. */
  public enum End {
    /** To its last byte. */
    WHOLE,
    /** The peer closed the connection before that. */
    CUT,
    /** The peer reset the connection before that. */
    RESET,
    /** The origin's behaviour stopped reading before that. */
    UNREAD
  }

  /** {@code GET /path HTTP/1.1}; empty when not even that came. */
  public String requestLine() {
    return head.isEmpty() ? "" : head.get(0);
  }

  /** The method, case kept. */
  public String method() {
    return word(0);
  }

  /** The request target, raw. */
  public String target() {
    return word(1);
  }

  /** The value of the first such header; fails the test when there is none. */
  public String header(String name) {
    return headers.first(name).orElseThrow(() -> new AssertionError("no " + name + " in " + head));
  }

  /** The Host header; fails the test when there is none. */
  public String host() {
    return header("Host");
  }

  /** Whether the request came to its last byte. */
  public boolean whole() {
    return end == End.WHOLE;
  }

  private String word(int index) {
    String[] words = requestLine().split(" ", -1);
    return index < words.length ? words[index] : "";
  }

  @Override
  public String toString() {
    return origin + "#" + connection + "." + ordinal + " " + head + " " + body + " " + end;
  }
}
