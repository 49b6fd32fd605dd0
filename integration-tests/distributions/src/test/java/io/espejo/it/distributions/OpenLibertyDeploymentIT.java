package io.espejo.it.distributions;

class OpenLibertyDeploymentIT extends DistributionDeployment {
  OpenLibertyDeploymentIT() {
    super(Distribution.LIBERTY);
  }
}
