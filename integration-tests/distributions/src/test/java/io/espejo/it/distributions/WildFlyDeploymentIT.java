package io.espejo.it.distributions;

class WildFlyDeploymentIT extends DistributionDeployment {
  WildFlyDeploymentIT() {
    super(Distribution.WILDFLY);
  }
}
