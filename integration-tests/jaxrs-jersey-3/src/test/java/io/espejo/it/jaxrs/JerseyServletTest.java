package io.espejo.it.jaxrs;

import io.espejo.testkit.JaxRsContract;
import java.util.Map;

class JerseyServletTest extends JaxRsContract {
  JerseyServletTest() {
    super(Jersey::servlet);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(Lacking.BREAK, "Jersey ends an answer that failed as if it were whole");
  }
}
