/** Our httpbin: answers as the one of psf/httpbin 0.10 does, so that either can be v1 or v2. */
@NullMarked
package io.espejo.demo.httpbin;

import org.jspecify.annotations.NullMarked;
