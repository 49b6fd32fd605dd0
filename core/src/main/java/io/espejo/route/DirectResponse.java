package io.espejo.route;

/**
 * The gateway answers by itself.
 *
 * @param status 200 to 599
 * @param body may be empty
 * @param edits of the headers; those of the answer count
 */
public record DirectResponse(int status, Bytes body, HeaderEdits edits) implements Action {}
