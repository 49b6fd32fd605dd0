package io.espejo.it;

import io.espejo.testkit.DeploymentContract;

class Tomcat11DeploymentIT extends DeploymentContract {
  @Override
  protected Container start() throws Exception {
    return Tomcat11.empty();
  }
}
