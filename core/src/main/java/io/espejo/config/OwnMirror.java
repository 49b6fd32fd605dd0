package io.espejo.config;

import io.espejo.route.Share;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Set;

/**
 * A mirror that an application asks for by itself, beside the documents: what an annotation says.
 *
 * <pre>{@code
 * OwnMirror.of("Orders.create", "httpbin", "v2", 0, 12.5)
 * }</pre>
 *
 * @param name of the route that it makes, for logs and listeners
 * @param host of the service, as in a VirtualService: a short name is of the instance's namespace
 * @param subset empty: the service as a whole
 * @param port of the service; 0: its only one, or its lowest
 * @param share of the requests
 */
public record OwnMirror(String name, String host, String subset, int port, Share share) {
  private static final BigDecimal SMALLEST = new BigDecimal("0.0001");

  /**
   * The same with its share in percent, read as a decimal.
   *
   * @throws IllegalArgumentException naming what is wrong, and what was expected
   */
  public static OwnMirror of(String name, String host, String subset, int port, double percentage) {
    if (!Names.isHost(host) || host.startsWith("*")) {
      throw wrong("host", host, "a host as in httpbin or httpbin.default.svc.cluster.local");
    }
    if (!subset.isEmpty() && !Names.isLabel(subset)) {
      throw wrong("subset", subset, "a DNS label");
    }
    if (port < 0 || port > 65_535) {
      throw wrong("port", port, "0..65535");
    }
    // Not a number is neither.
    if (!(percentage >= 0 && percentage <= 100)) {
      throw wrong("percentage", percentage, "0..100");
    }
    BigDecimal decimal = BigDecimal.valueOf(percentage);
    if (decimal.signum() > 0 && decimal.compareTo(SMALLEST) < 0) {
      throw wrong("percentage", percentage, "0, or 0.0001 or more");
    }
    int parts = decimal.movePointRight(4).setScale(0, RoundingMode.DOWN).intValueExact();
    return new OwnMirror(name, host, subset, port, new Share(parts));
  }

  private static IllegalArgumentException wrong(String what, Object value, String expected) {
    return new IllegalArgumentException(what + ": " + value + " (expected: " + expected + ")");
  }

  /**
   * The cluster that it means, which is none of these where no document defines it.
   *
   * @param namespace the instance's
   */
  public String cluster(Set<String> clusters, String namespace) {
    String fullHost = ServiceNames.fullName(host, namespace);
    if (port == 0) {
      int lowest =
          clusters.stream()
              .map(name -> name.split("\\|", -1))
              .filter(part -> part[2].equals(subset) && part[3].equals(fullHost))
              .mapToInt(part -> Integer.parseInt(part[1]))
              .min()
              .orElse(port);
      return Service.clusterName(lowest, subset, fullHost);
    }
    return Service.clusterName(port, subset, fullHost);
  }
}
