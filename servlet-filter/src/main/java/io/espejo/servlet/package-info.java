/** Mirroring as a servlet filter, as a gateway or in place. */
@NullMarked
package io.espejo.servlet;

import org.jspecify.annotations.NullMarked;
