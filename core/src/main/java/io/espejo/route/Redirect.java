package io.espejo.route;

import io.espejo.exchange.DownstreamRequest;
import java.util.Optional;

/**
 * The client is sent elsewhere; what a redirect does not name stays as the client sent it.
 *
 * @param status 301, 302, 303, 307 or 308
 * @param scheme empty to leave it
 * @param authority empty to leave it
 * @param port 0 to leave it
 * @param path empty to leave it; its query, if it has one, stands in the place of the client's
 * @param rewrite of the path, if {@code path} is empty
 * @param edits those of the answer count
 */
public record Redirect(
    int status,
    String scheme,
    String authority,
    int port,
    String path,
    Optional<PathRewrite> rewrite,
    HeaderEdits edits)
    implements Action {
  /**
   * The value of {@code Location}, as Envoy makes it.
   *
   * @param requestPath the request's path, normalised
   */
  public String location(DownstreamRequest request, String requestPath) {
    String newScheme = scheme.isEmpty() ? request.scheme() : scheme;
    StringBuilder location = new StringBuilder(newScheme).append("://");
    location.append(authority.isEmpty() ? host(request, newScheme) : authority);
    if (port != 0) {
      location.append(':').append(port);
    }
    String newPath = path.isEmpty() ? rewritten(requestPath) : path;
    if (!newPath.startsWith("/")) {
      location.append('/');
    }
    location.append(newPath);
    if (path.indexOf('?') < 0 && request.query().isPresent()) {
      location.append('?').append(request.query().get());
    }
    return HeaderText.shown(location.toString());
  }

  /** The path that the client is sent to, unless {@link #path} names it. */
  public String rewritten(String requestPath) {
    return rewrite.isPresent() ? rewrite.get().apply(requestPath) : requestPath;
  }

  /** The request's host, without a port that the redirect names anew or the scheme implied. */
  private String host(DownstreamRequest request, String newScheme) {
    String host = request.authority();
    int end = Authority.hostEnd(host);
    String oldPort = host.substring(end);
    boolean implied =
        !newScheme.equals(request.scheme())
            && oldPort.equals(request.scheme().equals("https") ? ":443" : ":80");
    return port != 0 || implied ? host.substring(0, end) : host;
  }
}
