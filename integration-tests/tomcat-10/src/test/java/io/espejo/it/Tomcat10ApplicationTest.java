package io.espejo.it;

import io.espejo.testkit.ApplicationContract;

class Tomcat10ApplicationTest extends ApplicationContract {
  Tomcat10ApplicationTest() {
    super(Tomcat10::application);
  }
}
