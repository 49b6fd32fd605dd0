package io.espejo.it.jaxrs;

/** A type of the application's own, which is read up to its closing brace, as JSON may be. */
public record Braced(String text) {}
