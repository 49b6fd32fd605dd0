package io.espejo.config;

import io.espejo.config.Hosts.Host;
import java.util.Optional;

/**
 * Where requests or copies go: Istio's Destination.
 *
 * @param fullHost of its host, where it was named
 * @param subset empty for the whole service
 * @param port 0 when it names none
 */
record Destination(Host host, String fullHost, Place subsetPlace, String subset, int port) {
  static Optional<Destination> read(Value value, Metadata metadata) {
    return value.fields().flatMap(fields -> read(fields, metadata));
  }

  private static Optional<Destination> read(Fields fields, Metadata metadata) {
    Optional<Host> host = Hosts.read(fields);
    Place subsetPlace = fields.place("subset");
    String subset = fields.text("subset", Names::isLabel, "a DNS label").orElse("");
    int port = 0;
    Optional<Fields> selector = fields.take("port").flatMap(Value::fields);
    if (selector.isPresent()) {
      port =
          selector
              .get()
              .need("number", "1..65535")
              .flatMap(number -> number.integer(1, 65_535))
              .orElse(0);
      selector.get().end();
    }
    fields.end();
    int number = port;
    return host.map(
        h -> new Destination(h, metadata.fullName(h.name()), subsetPlace, subset, number));
  }
}
