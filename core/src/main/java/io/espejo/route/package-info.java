/** The rules as a request meets them: an immutable table, matchers, shares and rewrites. */
@NullMarked
package io.espejo.route;

import org.jspecify.annotations.NullMarked;
