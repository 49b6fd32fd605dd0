package io.espejo.it.distributions;

import io.espejo.testkit.JaxRsContract;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class WildFlyResourcesIT extends JaxRsContract {
  @RegisterExtension
  static final ResourceServers SERVERS = new ResourceServers(Distribution.WILDFLY);

  WildFlyResourcesIT() {
    super(SERVERS::start);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(
        Lacking.FORMS_WITHOUT_CHARSET,
        "the container reads them, in a charset of its own",
        Lacking.BROKEN_CHUNKS,
        "Undertow ends them as if the answer were whole when a filter fails");
  }
}
