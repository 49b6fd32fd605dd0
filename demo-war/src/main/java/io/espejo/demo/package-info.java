/** The walk-through: a gateway with httpbin v1 and v2 behind it. */
@NullMarked
package io.espejo.demo;

import org.jspecify.annotations.NullMarked;
