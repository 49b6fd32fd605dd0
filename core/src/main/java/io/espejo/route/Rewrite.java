package io.espejo.route;

/**
 * How the request for v1 differs from the client's.
 *
 * @param authority v1's host; empty to leave the client's
 */
public record Rewrite(String authority) {}
