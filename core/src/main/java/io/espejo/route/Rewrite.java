package io.espejo.route;

import java.util.Optional;

/**
 * How the request for v1 differs from the client's, but for the headers that edits change.
 *
 * @param path empty to leave it
 * @param authority v1's host; empty to leave it
 */
public record Rewrite(Optional<PathRewrite> path, String authority) {}
