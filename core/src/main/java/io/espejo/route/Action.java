package io.espejo.route;

/** What a route does with a request. */
public sealed interface Action permits Forward, Redirect, DirectResponse {}
