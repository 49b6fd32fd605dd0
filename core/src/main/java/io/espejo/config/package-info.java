/** The documents as the user wrote them: reader, problems, sources and compiler. */
@NullMarked
package io.espejo.config;

import org.jspecify.annotations.NullMarked;
