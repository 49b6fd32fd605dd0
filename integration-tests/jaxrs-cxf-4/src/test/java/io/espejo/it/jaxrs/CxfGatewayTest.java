package io.espejo.it.jaxrs;

import io.espejo.testkit.Capability;
import io.espejo.testkit.JaxRsGatewayContract;
import java.util.Map;

class CxfGatewayTest extends JaxRsGatewayContract {
  CxfGatewayTest() {
    super(CxfTest::gateway);
  }

  @Override
  protected Map<Capability, String> lacks() {
    Map<Capability, String> lacks = super.lacks();
    lacks.put(Capability.NO_CONTENT_TYPE, "CXF gives every entity a type");
    lacks.put(Capability.MALFORMED_QUERY, "CXF decodes it before any filter");
    lacks.put(Capability.CHUNKED_TRUNCATION, "CXF ends the answer before anybody hears of it");
    return lacks;
  }
}
