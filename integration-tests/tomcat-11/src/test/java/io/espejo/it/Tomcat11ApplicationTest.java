package io.espejo.it;

import io.espejo.testkit.ApplicationContract;

class Tomcat11ApplicationTest extends ApplicationContract {
  Tomcat11ApplicationTest() {
    super(Tomcat11::application);
  }
}
