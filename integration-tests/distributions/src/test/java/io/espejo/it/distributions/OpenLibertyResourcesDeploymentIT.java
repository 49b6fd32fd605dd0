package io.espejo.it.distributions;

class OpenLibertyResourcesDeploymentIT extends ResourcesDeployment {
  OpenLibertyResourcesDeploymentIT() {
    super(Distribution.LIBERTY_JAX_RS);
  }
}
