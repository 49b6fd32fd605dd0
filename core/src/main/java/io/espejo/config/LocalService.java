package io.espejo.config;

/**
 * The service, or the subset of one, that the application is in which a filter sits.
 *
 * @param host its full name, in lower case
 * @param subset empty: the service as a whole
 */
public record LocalService(String host, String subset) {
  /**
   * Reads {@code httpbin/v1}, or {@code httpbin} alone; a name without dots belongs to the
   * namespace.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static LocalService parse(String text, String namespace) {
    int slash = text.indexOf('/');
    String host = slash < 0 ? text : text.substring(0, slash);
    String subset = slash < 0 ? "" : text.substring(slash + 1);
    if (!Names.isHost(host) || host.startsWith("*") || (slash >= 0 && !Names.isLabel(subset))) {
      throw new IllegalArgumentException(
          "local: " + text + " (expected: a host, or a host and a subset as in httpbin/v1)");
    }
    return new LocalService(ServiceNames.fullName(host, namespace), subset);
  }

  boolean is(Destination destination) {
    return host.equals(destination.fullHost()) && subset.equals(destination.subset());
  }

  @Override
  public String toString() {
    return subset.isEmpty() ? host : host + "/" + subset;
  }
}
