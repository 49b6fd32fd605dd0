package io.espejo.route;

import java.util.List;
import java.util.Optional;

/** All virtual hosts, found by the authority of a request. Immutable. */
public final class RouteTable {
  /** Knows no host. */
  public static final RouteTable EMPTY = of(List.of());

  private final List<VirtualHost> virtualHosts;
  private final HostMap<VirtualHost> exact = new HostMap<>();
  private final HostMap<VirtualHost> bySuffix = new HostMap<>();

  /** The lengths of the keys of {@link #bySuffix}, longest first. */
  private final int[] suffixLengths;

  private RouteTable(List<VirtualHost> virtualHosts) {
    this.virtualHosts = List.copyOf(virtualHosts);
    for (VirtualHost virtualHost : this.virtualHosts) {
      for (String domain : virtualHost.domains()) {
        VirtualHost other =
            domain.startsWith("*")
                ? bySuffix.putIfAbsent(domain.substring(1), virtualHost)
                : exact.putIfAbsent(domain, virtualHost);
        if (other != null) {
          throw new IllegalArgumentException(
              "domain " + domain + " of " + virtualHost.name() + " belongs to " + other.name());
        }
      }
    }
    suffixLengths =
        bySuffix.keys().stream().mapToInt(suffix -> -suffix.length()).distinct().sorted().toArray();
    for (int i = 0; i < suffixLengths.length; i++) {
      suffixLengths[i] = -suffixLengths[i];
    }
  }

  /**
   * A table of these virtual hosts.
   *
   * @throws IllegalArgumentException if two of them have a domain in common
   */
  public static RouteTable of(List<VirtualHost> virtualHosts) {
    return new RouteTable(virtualHosts);
  }

  /** All virtual hosts, in the order in which they were given. */
  public List<VirtualHost> virtualHosts() {
    return virtualHosts;
  }

  /**
   * The virtual host that answers for an authority: the one with exactly this host, else with the
   * longest {@code *.suffix}, else with {@code *}. Case and port are ignored.
   */
  public Optional<VirtualHost> virtualHost(String authority) {
    int end = Authority.hostEnd(authority);
    VirtualHost found = exact.get(authority, 0, end);
    for (int i = 0; found == null && i < suffixLengths.length; i++) {
      // The star of "*.suffix" stands for at least one character, a star alone for anything.
      int length = suffixLengths[i];
      if (length < end || length == 0) {
        found = bySuffix.get(authority, end - length, end);
      }
    }
    return Optional.ofNullable(found);
  }
}
