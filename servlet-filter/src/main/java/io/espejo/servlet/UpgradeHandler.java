package io.espejo.servlet;

import io.espejo.exchange.DownstreamResponse.Upgrade;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Takes a client's connection over from a container that has sent 101. Public because containers
 * create it; nobody else does.
 */
public final class UpgradeHandler implements HttpUpgradeHandler {
  private volatile @Nullable Upgrade upgrade;
  private volatile @Nullable ServletUpgradedConnection connection;

  /** For containers. */
  public UpgradeHandler() {}

  void upgrade(Upgrade taker) {
    upgrade = taker;
  }

  @Override
  public void init(WebConnection opened) {
    Upgrade taker = upgrade;
    if (taker == null) {
      return;
    }
    try {
      ServletUpgradedConnection taken = new ServletUpgradedConnection(opened);
      connection = taken;
      taken.open();
      taker.succeeded(taken);
    } catch (IOException | RuntimeException gone) {
      taker.failed(gone);
    }
  }

  @Override
  public void destroy() {
    ServletUpgradedConnection taken = connection;
    if (taken != null) {
      taken.onError(new IOException("the container has closed the connection"));
    }
  }
}
