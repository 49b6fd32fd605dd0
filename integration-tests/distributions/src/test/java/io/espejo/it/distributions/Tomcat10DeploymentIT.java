package io.espejo.it.distributions;

class Tomcat10DeploymentIT extends DistributionDeployment {
  Tomcat10DeploymentIT() {
    super(Distribution.TOMCAT_10);
  }
}
