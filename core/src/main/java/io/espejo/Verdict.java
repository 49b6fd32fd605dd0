package io.espejo;

import io.espejo.exchange.Headers;
import io.espejo.route.Bytes;
import io.espejo.route.Route;
import io.espejo.route.WeightedCluster;
import io.espejo.upstream.Endpoint;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
   * @param routeName the name of the route that says so; empty where none is for the request
   * @param headers all but {@code Content-Length}
   * @param body may be empty
   */
  record Answer(String routeName, int status, Headers headers, Bytes body) implements Verdict {
    static Answer preflight(Route route, Headers headers) {
      return new Answer(route.name(), 200, headers, Bytes.NONE);
    }

    /** {@code route=... cluster=- endpoint=- copies=0/0}, as {@link Forward} tells of itself. */
    @Override
    public String toString() {
      return "route="
          + (routeName.isEmpty() ? "-" : routeName)
          + " cluster=- endpoint=- copies=0/0";
    }
  }

  /**
   * The request goes to v1, and copies of it to the route's mirrors.
   *
   * <p>What it tells of its way, as an access log wants it, is complete when the client's answer
   * is; what becomes of the copies, only a {@link io.espejo.exchange.MirrorListener} hears.
   */
  final class Forward implements Verdict {
    private final Snapshot snapshot;
    private final Route route;
    private final io.espejo.route.Forward action;
    private final WeightedCluster chosen;
    private final String path;

    // Written by the exchange's threads, one after the other.
    private volatile String requestId = "";
    private volatile String cluster = "";
    private volatile @Nullable Endpoint endpoint;
    private volatile int consideredCopies;
    private volatile int sentCopies;

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

    /**
     * The {@code x-request-id} of the request and its copies, or the first 256 characters of it;
     * empty before it was forwarded.
     */
    public String requestId() {
      return requestId;
    }

    /** The cluster that was chosen for v1, as Istio names it; empty before. */
    public String cluster() {
      return cluster;
    }

    /** Where the last attempt went; empty when there was none. */
    public Optional<String> endpoint() {
      return Optional.ofNullable(endpoint).map(Endpoint::toString);
    }

    /** How many copies the route asks for. */
    public int consideredCopies() {
      return consideredCopies;
    }

    /** How many of them were let off; what came of those is known later. */
    public int sentCopies() {
      return sentCopies;
    }

    /**
     * {@code route=... cluster=... endpoint=127.0.0.1:8081 copies=1/1}: what the pattern {@code
     * %{io.espejo.Verdict}r} shows in Tomcat's access log. It has nothing that a client sent.
     */
    @Override
    public String toString() {
      return "route="
          + routeName()
          + " cluster="
          + (cluster.isEmpty() ? "-" : cluster)
          + " endpoint="
          + endpoint().orElse("-")
          + " copies="
          + sentCopies
          + "/"
          + consideredCopies;
    }

    void forwarded(String asRequestId, String toCluster) {
      requestId = asRequestId;
      cluster = toCluster;
    }

    void attempted(Endpoint at) {
      endpoint = at;
    }

    void copied(int considered, int sent) {
      consideredCopies = considered;
      sentCopies = sent;
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
      boolean considered,
      Optional<Headers> request,
      AnswerEdits answer,
      Optional<LocalCopies> copies)
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
