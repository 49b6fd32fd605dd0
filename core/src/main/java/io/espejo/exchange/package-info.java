/** What all rooms speak of: request, body, verdict and outcome, by the JDK alone. */
@NullMarked
package io.espejo.exchange;

import org.jspecify.annotations.NullMarked;
