package io.espejo.testkit;

import io.espejo.exchange.Headers;
import java.util.List;

/**
 * An answer as a client received it, byte for byte.
 *
 * @param head the status line and the header lines as they came
 * @param headers the header lines, split
 * @param framing how the answer said where its body ends
 * @param body what came of the body
 * @param trailers the trailer lines of a chunked body
 * @param whole whether the answer came to its end
 */
public record RawAnswer(
    List<String> head,
    Headers headers,
    Framing framing,
    RecordedBody body,
    Headers trailers,
    boolean whole) {
  public RawAnswer {
    head = List.copyOf(head);
  }

  /** The status code; 0 when there was no answer. */
  public int status() {
    return head.isEmpty() ? 0 : Integer.parseInt(head.get(0).split(" ", -1)[1]);
  }

  /** The body as ISO-8859-1 text. */
  public String text() {
    return body.text();
  }

  /** The value of the first such header; fails the test when there is none. */
  public String header(String name) {
    return headers.first(name).orElseThrow(() -> new AssertionError("no " + name + " in " + head));
  }

  @Override
  public String toString() {
    return head + " " + body + (whole ? "" : " (cut)");
  }
}
