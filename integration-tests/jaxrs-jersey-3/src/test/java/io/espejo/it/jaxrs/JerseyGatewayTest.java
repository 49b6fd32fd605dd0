package io.espejo.it.jaxrs;

import io.espejo.testkit.JaxRsGatewayContract;

class JerseyGatewayTest extends JaxRsGatewayContract {
  JerseyGatewayTest() {
    super(Jersey::gateway);
  }
}
