package io.espejo.config;

import io.espejo.route.HeaderEdits;
import io.espejo.route.Redirect;
import io.espejo.route.TextMatch;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Istio's HTTPRedirect; a text that is empty, and a port that is 0, is not there.
 *
 * @param requestPort whether the port is the one at which requests come
 */
record RedirectRule(
    int status,
    String uri,
    String prefixRewrite,
    String authority,
    String scheme,
    int port,
    boolean requestPort) {
  private static final String PLAIN = "text without control characters";
  private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);
  private static final Set<String> DERIVED = Set.of("FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT");

  static Optional<RedirectRule> read(Fields owner, List<HttpMatch> matches) {
    return owner.take("redirect").flatMap(Value::fields).map(fields -> of(fields, matches));
  }

  private static RedirectRule of(Fields fields, List<HttpMatch> matches) {
    boolean other = fields.hasAny("scheme", "port", "derivePort");
    String uri = fields.text("uri", Names::isHeaderValue, PLAIN).orElse("");
    String prefixRewrite = fields.text("prefixRewrite", Names::isHeaderValue, PLAIN).orElse("");
    String authority = fields.text("authority", Names::isHeaderValue, PLAIN).orElse("");
    String scheme =
        fields
            .text("scheme", text -> Set.of("http", "https").contains(text), "http or https")
            .orElse("");
    Optional<Value> port = fields.take("port");
    Optional<Value> derivePort = fields.take("derivePort");
    int status = status(fields);
    fields.end();
    if (!other && (uri + prefixRewrite + authority).isEmpty()) {
      fields.owner().error("nothing to change (expected: uri, authority, scheme or port)");
    }
    if (!uri.isEmpty() && !prefixRewrite.isEmpty()) {
      fields.owner().error("uri beside prefixRewrite (expected: one of them)");
    }
    if (!prefixRewrite.isEmpty() && !matches.stream().allMatch(RedirectRule::isOnPrefix)) {
      fields.owner().error("prefixRewrite, but not all matches on uri are prefixes");
    }
    if (port.isPresent()) {
      derivePort.ifPresent(value -> value.error("derivePort beside port (expected: one of them)"));
    }
    return new RedirectRule(
        status,
        uri,
        prefixRewrite,
        authority,
        scheme,
        port.flatMap(value -> value.integer(0, 65_535)).orElse(0),
        derivePort
            .flatMap(value -> Words.read(value, DERIVED))
            .filter("FROM_REQUEST_PORT"::equals)
            .isPresent());
  }

  private static boolean isOnPrefix(HttpMatch match) {
    return match.uri().isEmpty() || match.uri().get() instanceof TextMatch.Prefix;
  }

  private static int status(Fields fields) {
    Optional<Value> code = fields.take("redirectCode");
    int status = code.flatMap(value -> value.integer(0, 399)).orElse(0);
    if (status != 0 && !STATUSES.contains(status)) {
      code.ifPresent(value -> value.refuse("301, 302, 303, 307 or 308"));
    }
    return status == 0 ? 301 : status;
  }

  /**
   * The redirect of requests that this match accepted.
   *
   * @param listenPort at which requests come
   */
  Redirect compile(Optional<HttpMatch> match, int listenPort, HeaderEdits edits) {
    int newPort = requestPort ? listenPort : port;
    boolean implied = newPort == (scheme.equals("https") ? 443 : 80);
    return new Redirect(
        status,
        scheme,
        authority,
        implied ? 0 : newPort,
        uri,
        prefixRewrite.isEmpty()
            ? Optional.empty()
            : Optional.of(HttpMatch.replacement(match, prefixRewrite)),
        edits);
  }
}
