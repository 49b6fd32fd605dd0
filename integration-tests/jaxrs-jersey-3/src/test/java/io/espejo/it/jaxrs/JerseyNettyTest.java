package io.espejo.it.jaxrs;

import io.espejo.testkit.JaxRsContract;
import java.util.Map;

class JerseyNettyTest extends JaxRsContract {
  JerseyNettyTest() {
    super(Jersey::netty);
  }

  @Override
  protected Map<Lacking, String> lacking() {
    String waiting = "the thread that reads requests waits for an answer's next bytes";
    String whole = "Jersey logs it and ends the answer";
    String available = "Jersey's stream tells of nothing";
    return Map.of(
        Lacking.DUPLEX, waiting,
        Lacking.READING_ON, waiting,
        Lacking.BROKEN_LENGTH, whole,
        Lacking.BROKEN_CHUNKS, whole,
        Lacking.SERVLET, "it is a server of its own",
        Lacking.AVAILABLE, available,
        Lacking.AVAILABLE_REST, available,
        Lacking.CUT, "Jersey waits on for a client that has left");
  }
}
