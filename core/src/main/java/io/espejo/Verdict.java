package io.espejo;

import io.espejo.route.Route;

/**
 * What is to be done with one request: one per request, whatever dispatches follow.
 *
 * <pre>{@code
 * switch (espejo.evaluate(request)) {
 *   case Verdict.Answer answer -> send(answer.status(), answer.text());
 *   case Verdict.Forward forward -> espejo.forward(forward, request, body, response);
 * }
 * }</pre>
 */
public sealed interface Verdict {
  /**
   * Nobody upstream is asked, and nothing is mirrored.
   *
   * @param status 400, 404 or 503
   * @param text a line for the client; empty for none
   */
  record Answer(int status, String text) implements Verdict {}

  /** The request goes to v1, and copies of it to the route's mirrors. */
  final class Forward implements Verdict {
    private final Snapshot snapshot;
    private final Route route;
    private final String path;

    Forward(Snapshot snapshot, Route route, String path) {
      this.snapshot = snapshot;
      this.route = route;
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

    String path() {
      return path;
    }
  }
}
