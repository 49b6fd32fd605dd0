package io.espejo.it.jaxrs;

import io.espejo.testkit.Capability;
import io.espejo.testkit.JaxRsGatewayContract;
import java.util.Map;

class RestEasyGatewayTest extends JaxRsGatewayContract {
  RestEasyGatewayTest() {
    super(RestEasyTest::gateway);
  }

  @Override
  protected Map<Capability, String> lacks() {
    Map<Capability, String> lacks = super.lacks();
    lacks.put(Capability.NO_CONTENT_TYPE, "RESTEasy gives every entity a type");
    return lacks;
  }
}
