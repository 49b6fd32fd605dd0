package io.espejo.it.distributions;

class JettyEe10DeploymentIT extends DistributionDeployment {
  JettyEe10DeploymentIT() {
    super(Distribution.JETTY_EE10);
  }
}
