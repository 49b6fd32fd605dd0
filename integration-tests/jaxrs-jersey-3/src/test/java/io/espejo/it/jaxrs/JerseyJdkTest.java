package io.espejo.it.jaxrs;

import io.espejo.testkit.JaxRsContract;
import java.util.Map;

class JerseyJdkTest extends JaxRsContract {
  JerseyJdkTest() {
    super(Jersey::jdk);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(
        Lacking.BROKEN_LENGTH, "Jersey logs it and ends the answer",
        Lacking.BROKEN_CHUNKS, "Jersey logs it and ends the answer",
        Lacking.SERVLET, "it is the JDK's own server",
        Lacking.ASYNC, "Jersey ends the exchange when the resource method is over",
        Lacking.EVENTS, "Jersey tells of the answer before the entity is read",
        Lacking.UNMAPPED, "Jersey answers 500 past all filters");
  }
}
