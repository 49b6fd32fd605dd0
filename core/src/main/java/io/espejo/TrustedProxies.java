package io.espejo;

import io.espejo.exchange.AddressLiteral;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The peers whose word on the client is taken: what a proxy before this one says in {@code
 * x-forwarded-for}, {@code -proto} and {@code -host}.
 *
 * <p>As Envoy with {@code xff_trusted_cidrs}: from a peer in one of the networks, the client is the
 * last address of {@code x-forwarded-for} that is in none; if all are, the first; if an entry after
 * it is no address, the peer. Anybody else is the client, whatever is said.
 *
 * <pre>{@code
 * TrustedProxies.of(List.of("10.0.0.0/8", "2001:db8::/32", "192.0.2.1"))
 * }</pre>
 */
public final class TrustedProxies {
  /** Trusts nobody. */
  public static final TrustedProxies NONE = of(List.of());

  private final List<Network> networks;

  private TrustedProxies(List<Network> networks) {
    this.networks = List.copyOf(networks);
  }

  /** The addresses whose first bits are these. */
  private static final class Network {
    private final byte[] address;
    private final int bits;

    Network(byte[] address, int bits) {
      this.address = address;
      this.bits = bits;
    }

    boolean contains(byte[] other) {
      return other.length == address.length && sameBits(address, other, bits);
    }

    boolean hasHostBits() {
      byte[] masked = new byte[address.length];
      for (int bit = 0; bit < bits; bit++) {
        masked[bit / 8] |= (byte) (address[bit / 8] & (0x80 >> (bit % 8)));
      }
      return !sameBits(address, masked, 8 * address.length);
    }

    private static boolean sameBits(byte[] one, byte[] other, int bits) {
      int whole = bits / 8;
      for (int i = 0; i < whole; i++) {
        if (one[i] != other[i]) {
          return false;
        }
      }
      int rest = bits % 8;
      return rest == 0 || ((one[whole] ^ other[whole]) & 0xff) >> (8 - rest) == 0;
    }
  }

  /**
   * The peers at these addresses and in these networks: {@code 192.0.2.1}, {@code 10.0.0.0/8},
   * {@code 2001:db8::/32}. No name is resolved.
   *
   * @throws IllegalArgumentException naming the setting, its value and what was expected
   */
  public static TrustedProxies of(Collection<String> texts) {
    List<Network> networks = new ArrayList<>();
    for (String text : texts) {
      networks.add(
          network(text)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "trustedProxies: "
                              + text
                              + " (expected: an IP address, or a network without host bits such"
                              + " as 10.0.0.0/8 or 2001:db8::/32)")));
    }
    return new TrustedProxies(networks);
  }

  private static Optional<Network> network(String text) {
    int slash = text.indexOf('/');
    Optional<byte[]> address = AddressLiteral.parse(slash < 0 ? text : text.substring(0, slash));
    if (address.isEmpty()) {
      return Optional.empty();
    }
    int all = 8 * address.get().length;
    String bits = slash < 0 ? Integer.toString(all) : text.substring(slash + 1);
    if (!bits.matches("0|[1-9]\\d{0,2}") || Integer.parseInt(bits) > all) {
      return Optional.empty();
    }
    return Optional.of(new Network(address.get(), Integer.parseInt(bits)))
        .filter(network -> !network.hasHostBits());
  }

  private boolean trusts(byte[] address) {
    for (Network network : networks) {
      if (network.contains(address)) {
        return true;
      }
    }
    return false;
  }

  /** The request as it is to be seen: if its peer is trusted, with what the peer says. */
  DownstreamRequest seen(DownstreamRequest request) {
    return !networks.isEmpty()
            && AddressLiteral.parse(request.peerAddress()).filter(this::trusts).isPresent()
        ? new ProxiedRequest(request, client(request))
        : request;
  }

  /** The client of a request whose peer is trusted. */
  private String client(DownstreamRequest request) {
    Headers headers = request.headers();
    String last = request.peerAddress();
    List<String> lines = headers.all("x-forwarded-for");
    for (int line = lines.size() - 1; line >= 0; line--) {
      String[] entries = lines.get(line).split(",", -1);
      for (int i = entries.length - 1; i >= 0; i--) {
        String entry = entries[i].trim();
        Optional<byte[]> address = AddressLiteral.parse(entry);
        if (address.isEmpty()) {
          return request.peerAddress();
        }
        last = AddressLiteral.canonical(entry);
        if (!trusts(address.get())) {
          return last;
        }
      }
    }
    return last;
  }
}
