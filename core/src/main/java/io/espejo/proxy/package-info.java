/** One exchange with v1: request out, answer back, retries and time limits. */
@NullMarked
package io.espejo.proxy;

import org.jspecify.annotations.NullMarked;
