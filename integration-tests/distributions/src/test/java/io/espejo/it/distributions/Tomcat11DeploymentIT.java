package io.espejo.it.distributions;

class Tomcat11DeploymentIT extends DistributionDeployment {
  Tomcat11DeploymentIT() {
    super(Distribution.TOMCAT_11);
  }
}
