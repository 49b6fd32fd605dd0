package io.espejo.it.jaxrs;

import io.espejo.testkit.JaxRsContract;
import java.util.Map;

class JerseyGrizzlyTest extends JaxRsContract {
  JerseyGrizzlyTest() {
    super(Jersey::grizzly);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(
        Lacking.BROKEN_LENGTH, "Jersey logs it and ends the answer",
        Lacking.BROKEN_CHUNKS, "Jersey logs it and ends the answer",
        Lacking.SERVLET, "it is a server of its own");
  }
}
