package io.espejo.it;

import io.espejo.testkit.ApplicationContract;

class JettyEe11ApplicationTest extends ApplicationContract {
  JettyEe11ApplicationTest() {
    super(JettyEe11::application);
  }
}
