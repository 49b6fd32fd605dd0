package io.espejo.it;

import io.espejo.testkit.DeploymentContract;

class Tomcat10DeploymentIT extends DeploymentContract {
  @Override
  protected Container start() throws Exception {
    return Tomcat10.empty();
  }
}
