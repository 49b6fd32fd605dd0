package io.espejo.config;

import io.espejo.config.Hosts.Host;
import java.util.Optional;

/**
 * Where requests or copies go: Istio's Destination.
 *
 * @param subset empty for the whole service
 * @param port 0 when it names none
 */
record Destination(Host host, Place subsetPlace, String subset, int port) {
  static Optional<Destination> read(Value value) {
    return value.fields().flatMap(Destination::read);
  }

  private static Optional<Destination> read(Fields fields) {
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
    return host.map(h -> new Destination(h, subsetPlace, subset, number));
  }
}
