package io.espejo.it.distributions;

import io.espejo.testkit.Capability;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;

class OpenLibertyGatewayIT extends DistributionGateway {
  @RegisterExtension static final Servers SERVERS = new Servers(Distribution.LIBERTY);

  OpenLibertyGatewayIT() {
    super(SERVERS);
  }

  @Override
  protected Map<Capability, String> lacks() {
    String closing = "Liberty closes after 400, 402 to 417 and 500 to 505";
    String whole = "Liberty hands a request of HTTP/2 on once it is whole, with its length";
    String upgrade = "Liberty upgrades no asynchronous request";
    return Map.ofEntries(
        Map.entry(Capability.CHUNKED_TRUNCATION, "Liberty ends it as if it were whole"),
        Map.entry(
            Capability.EARLY_ANSWERS, "Liberty loses one in some thousand, or reads on amiss"),
        Map.entry(Capability.EARLY_HINTS, "Liberty sends an error page for them"),
        Map.entry(Capability.KEEP_ALIVE_AFTER_ERRORS, closing),
        Map.entry(Capability.KEEP_ALIVE_AFTER_404, closing),
        Map.entry(Capability.BYTES_AS_THEY_COME, "Liberty waits for a buffer of 32 KiB to be full"),
        Map.entry(Capability.LONG_LINES, "Liberty's limitFieldSize is 32 KiB at most"),
        Map.entry(Capability.REST_OF_CHUNKS, "Liberty is asked within its calls alone"),
        Map.entry(Capability.STRICT_REQUESTS, "Liberty takes a chunk of 100000004 for one of 4"),
        Map.entry(Capability.TARGET_PORT, "Liberty goes by Host"),
        Map.entry(Capability.LENGTH_OF_304, "Liberty says 0 with 204 and 304, whatever it is told"),
        Map.entry(Capability.HTTP2_OPEN_REQUESTS, whole),
        Map.entry(Capability.RESET_OF_ANSWER, "Liberty does not, of a stream without window"),
        Map.entry(Capability.HTTP2_REQUEST_TRAILERS, whole),
        Map.entry(Capability.UPGRADE, upgrade),
        Map.entry(Capability.BARE_UPGRADE, upgrade));
  }
}
