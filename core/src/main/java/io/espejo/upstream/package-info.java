/** Clusters, endpoints, load balancing and ejection, and the clients of each leg. */
@NullMarked
package io.espejo.upstream;

import org.jspecify.annotations.NullMarked;
