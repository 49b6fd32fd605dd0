/** The counts as Micrometer meters; the only room that knows Micrometer. */
@NullMarked
package io.espejo.micrometer;

import org.jspecify.annotations.NullMarked;
