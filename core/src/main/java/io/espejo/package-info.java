/** The entry point: joins the rooms, and is what adapters talk to. */
@NullMarked
package io.espejo;

import org.jspecify.annotations.NullMarked;
