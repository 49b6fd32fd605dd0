package io.espejo.it.distributions;

import io.espejo.Espejo;
import io.espejo.testkit.Gateway;

/** An application without us in a server's process. */
record Bare(RunningServer server, Runnable release) implements Gateway {
  @Override
  public int port() {
    return server.port();
  }

  @Override
  public Espejo espejo() {
    throw new IllegalStateException("there is none");
  }

  @Override
  public void close() {
    release.run();
  }
}
