/** What a mirrored request costs. */
@NullMarked
package io.espejo.benchmark;

import org.jspecify.annotations.NullMarked;
