package io.espejo.it.distributions;

class JettyEe11DeploymentIT extends DistributionDeployment {
  JettyEe11DeploymentIT() {
    super(Distribution.JETTY_EE11);
  }
}
