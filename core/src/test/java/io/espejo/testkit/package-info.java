/** The contract kit: a recording origin that can misbehave, and abstract contract classes. */
@NullMarked
package io.espejo.testkit;

import org.jspecify.annotations.NullMarked;
