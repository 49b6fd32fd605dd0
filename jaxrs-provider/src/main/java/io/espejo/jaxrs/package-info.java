/** Mirroring as a JAX-RS feature, for every resource or for annotated ones. */
@NullMarked
package io.espejo.jaxrs;

import org.jspecify.annotations.NullMarked;
