package io.espejo.route;

/**
 * The client is sent elsewhere.
 *
 * @param status 301, 302, 303, 307 or 308
 * @param edits of the headers; those of the answer count
 */
public record Redirect(int status, HeaderEdits edits) implements Action {}
