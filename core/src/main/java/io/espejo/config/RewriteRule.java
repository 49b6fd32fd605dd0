package io.espejo.config;

import io.espejo.route.PathRewrite;
import java.util.Optional;

/**
 * Istio's HTTPRewrite.
 *
 * @param uri empty when there is none
 * @param authority empty when there is none
 */
record RewriteRule(String uri, Optional<PathRewrite.Regex> regex, String authority) {
  private static final String VISIBLE = "text without white space and control characters";

  static Optional<RewriteRule> read(Fields owner) {
    return owner.take("rewrite").flatMap(Value::fields).map(RewriteRule::of);
  }

  private static RewriteRule of(Fields fields) {
    String uri = fields.text("uri", Names::isVisible, VISIBLE).orElse("");
    String authority = fields.text("authority", Names::isVisible, VISIBLE).orElse("");
    Optional<Value> regex = fields.take("uriRegexRewrite");
    fields.end();
    if (!uri.isEmpty() && regex.isPresent()) {
      fields.owner().error("uri beside uriRegexRewrite (expected: one of them)");
    } else if (uri.isEmpty() && authority.isEmpty() && regex.isEmpty()) {
      fields.owner().error("nothing to rewrite (expected: uri, uriRegexRewrite or authority)");
    }
    return new RewriteRule(
        uri, regex.flatMap(Value::fields).flatMap(RewriteRule::regex), authority);
  }

  private static Optional<PathRewrite.Regex> regex(Fields fields) {
    Optional<Value> match = fields.need("match", "a regular expression");
    Optional<Value> rewrite = fields.need("rewrite", "a substitution");
    fields.end();
    Optional<String> pattern = match.flatMap(Value::text);
    Optional<String> substitution = rewrite.flatMap(Value::text);
    if (substitution.filter(text -> text.isEmpty() || !Names.isVisible(text)).isPresent()) {
      rewrite.get().refuse("a substitution");
      return Optional.empty();
    }
    try {
      return pattern.flatMap(p -> substitution.map(s -> PathRewrite.Regex.of(p, s)));
    } catch (IllegalArgumentException e) {
      fields.owner().error(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** What becomes of the path of a request that this match accepted. */
  Optional<PathRewrite> path(Optional<HttpMatch> match) {
    if (regex.isPresent()) {
      return regex.map(PathRewrite.class::cast);
    }
    return uri.isEmpty() ? Optional.empty() : Optional.of(HttpMatch.replacement(match, uri));
  }
}
