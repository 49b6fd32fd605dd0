package io.espejo.it.jaxrs;

import io.espejo.testkit.JaxRsContract;

class JerseyServletTest extends JaxRsContract {
  JerseyServletTest() {
    super(Jersey::servlet);
  }
}
