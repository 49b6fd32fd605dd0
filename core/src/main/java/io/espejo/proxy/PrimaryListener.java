package io.espejo.proxy;

import io.espejo.upstream.Endpoint;

/** Hears how one exchange with v1 goes; called on its way, so nothing here blocks. */
public interface PrimaryListener {
  /** The request is about to be sent there; again for each further attempt. */
  void onAttempt(Endpoint endpoint);

  /** Nothing more happens. */
  void onEnd();
}
