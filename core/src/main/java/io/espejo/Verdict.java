package io.espejo;

import io.espejo.exchange.Headers;
import io.espejo.route.Bytes;
import io.espejo.route.Route;
import io.espejo.route.WeightedCluster;
import java.util.Optional;

/**
 * What is to be done with one request: one per request, whatever dispatches follow.
 *
 * <pre>{@code
 * switch (espejo.evaluate(request)) {
 *   case Verdict.Answer answer -> send(answer.status(), answer.headers(), answer.body());
 *   case Verdict.Forward forward -> espejo.forward(forward, request, body, response);
 *   case Verdict.InPlace inPlace -> answer(inPlace.copies());
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
    private final WeightedCluster chosen;
    private final String path;

    Forward(
        Snapshot snapshot,
        Route route,
        io.espejo.route.Forward action,
        WeightedCluster chosen,
        String path) {
      this.snapshot = snapshot;
      this.route = route;
      this.action = action;
      this.chosen = chosen;
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

    WeightedCluster chosen() {
      return chosen;
    }

    String path() {
      return path;
    }
  }

  /**
   * The application itself answers.
   *
   * @param considered whether a mirror was considered; the request is then not to be evaluated
   *     again, whatever dispatches follow
   * @param request the header lines that the application is to see, if they differ from what came
   * @param answer what is done to the headers of the application's answer
   * @param copies what goes to the mirrors, if anything
   */
  record InPlace(
      boolean considered, Optional<Headers> request, AnswerEdits answer, Optional<Copies> copies)
      implements Verdict {
    /** No rule speaks of it. */
    public static final InPlace UNTOUCHED =
        new InPlace(false, Optional.empty(), AnswerEdits.NONE, Optional.empty());

    static final InPlace NO_COPY =
        new InPlace(true, Optional.empty(), AnswerEdits.NONE, Optional.empty());

    /**
     * Whether the application is to get what the container has, and nothing is to be remembered.
     */
    public boolean untouched() {
      return !considered && request.isEmpty() && answer.isEmpty();
    }
  }
}
