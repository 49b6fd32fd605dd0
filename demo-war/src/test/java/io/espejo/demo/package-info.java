/** The demo's tests: its parts over sockets, and the packaged WAR as a process. */
@NullMarked
package io.espejo.demo;

import org.jspecify.annotations.NullMarked;
