package io.espejo.testkit;

import io.espejo.Espejo;

/** A container that runs the filter as a gateway on a loopback port. */
public interface Gateway extends AutoCloseable {
  /** The port that clients connect to. */
  int port();

  /** What the filter runs on. */
  Espejo espejo();
}
