package io.espejo.it;

import io.espejo.testkit.Gateway;
import io.espejo.testkit.SoakContract;
import java.nio.file.Path;
import java.util.Map;

class JettyEe11SoakIT extends SoakContract {
  @Override
  protected Gateway start(Path rules, Map<String, String> settings) throws Exception {
    return JettyEe11.gateway(rules, settings, false);
  }
}
