/** One copy to v2: the shadow, its bounded body, its budget and its pause. */
@NullMarked
package io.espejo.mirror;

import org.jspecify.annotations.NullMarked;
