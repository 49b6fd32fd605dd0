package io.espejo.route;

/**
 * A destination that gets a copy of a share of a route's requests.
 *
 * @param cluster the name of the destination's cluster; it need not exist
 */
public record Mirror(String cluster, Share share) {}
