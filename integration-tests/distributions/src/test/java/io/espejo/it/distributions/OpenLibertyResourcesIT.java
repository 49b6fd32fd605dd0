package io.espejo.it.distributions;

import io.espejo.testkit.JaxRsContract;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class OpenLibertyResourcesIT extends JaxRsContract {
  @RegisterExtension
  static final ResourceServers SERVERS = new ResourceServers(Distribution.LIBERTY_JAX_RS);

  OpenLibertyResourcesIT() {
    super(SERVERS::start);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    return Map.of(
        Lacking.FORMS_WITHOUT_CHARSET,
        "the container reads them, in a charset of its own",
        Lacking.FORMS,
        "its RESTEasy looks for them in the container alone",
        Lacking.AVAILABLE,
        "its stream says 0 before the first read",
        Lacking.FLUSH,
        "what is flushed of an answer does not come",
        Lacking.BROKEN_CHUNKS,
        "Liberty ends them as if the answer were whole");
  }
}
