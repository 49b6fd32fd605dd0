package io.espejo.it;

import io.espejo.testkit.ApplicationContract;

class JettyEe10ApplicationTest extends ApplicationContract {
  JettyEe10ApplicationTest() {
    super(JettyEe10::application);
  }
}
