package io.espejo.it.jaxrs;

import io.espejo.testkit.JaxRsContract;
import java.util.Map;

class JerseyNettyTest extends JaxRsContract {
  JerseyNettyTest() {
    super(Jersey::netty);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(
        Lacking.BROKEN_LENGTH, "Jersey logs it and ends the answer",
        Lacking.BROKEN_CHUNKS, "Jersey logs it and ends the answer",
        Lacking.SERVLET, "it is a server of its own",
        Lacking.AVAILABLE, "Jersey's stream tells of nothing",
        Lacking.AVAILABLE_REST, "Jersey's stream tells of nothing",
        Lacking.CUT, "Jersey waits on for a client that has left");
  }
}
