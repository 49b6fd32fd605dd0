package io.espejo.it.distributions;

class WildFlyResourcesDeploymentIT extends ResourcesDeployment {
  WildFlyResourcesDeploymentIT() {
    super(Distribution.WILDFLY);
  }
}
