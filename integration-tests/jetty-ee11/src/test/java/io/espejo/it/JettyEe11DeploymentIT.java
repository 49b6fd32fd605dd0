package io.espejo.it;

import io.espejo.testkit.DeploymentContract;

class JettyEe11DeploymentIT extends DeploymentContract {
  @Override
  protected Container start() throws Exception {
    return JettyEe11.empty();
  }
}
