package io.espejo;

import io.espejo.exchange.Headers;
import io.espejo.route.Bytes;
import io.espejo.route.Route;

/**
 * What is to be done with one request: one per request, whatever dispatches follow.
 *
 * <pre>{@code
 * switch (espejo.evaluate(request)) {
 *   case Verdict.Answer answer -> send(answer.status(), answer.headers(), answer.body());
 *   case Verdict.Forward forward -> espejo.forward(forward, request, body, response);
 * }
 * }</pre>
 */
public sealed interface Verdict {
  /**
   * Nobody upstream is asked, and nothing is mirrored.
   *
   * @param headers all but {@code Content-Length}
   * @param body may be empty
   */
  record Answer(int status, Headers headers, Bytes body) implements Verdict {}

  /** The request goes to v1, and copies of it to the route's mirrors. */
  final class Forward implements Verdict {
    private final Snapshot snapshot;
    private final Route route;
    private final io.espejo.route.Forward action;
    private final String path;

    Forward(Snapshot snapshot, Route route, io.espejo.route.Forward action, String path) {
      this.snapshot = snapshot;
      this.route = route;
      this.action = action;
      this.path = path;
    }

    /** The name of the route that matched. */
    public String routeName() {
      return route.name();
    }

    Snapshot snapshot() {
      return snapshot;
    }

    Route route() {
      return route;
    }

    io.espejo.route.Forward action() {
      return action;
    }

    String path() {
      return path;
    }
  }
}
