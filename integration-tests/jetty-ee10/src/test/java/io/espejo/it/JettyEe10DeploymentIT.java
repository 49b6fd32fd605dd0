package io.espejo.it;

import io.espejo.testkit.DeploymentContract;

class JettyEe10DeploymentIT extends DeploymentContract {
  @Override
  protected Container start() throws Exception {
    return JettyEe10.empty();
  }
}
