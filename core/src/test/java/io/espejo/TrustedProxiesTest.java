package io.espejo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {
  private static final TrustedProxies TEN = TrustedProxies.of(List.of("10.0.0.0/8"));

  private record Request(String peerAddress, Headers headers) implements DownstreamRequest {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String authority() {
      return "httpbin";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public Optional<String> query() {
      return Optional.empty();
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }

  private static DownstreamRequest from(String peer, String... headers) {
    Headers.Builder lines = Headers.builder();
    for (int i = 0; i < headers.length; i += 2) {
      lines.add(headers[i], headers[i + 1]);
    }
    return new Request(peer, lines.build());
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.0.0.0/8, 9.255.255.255, false",
    "192.0.2.128/25, 192.0.2.128, true",
    "192.0.2.128/25, 192.0.2.127, false",
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "192.0.2.1/32, 192.0.2.1, true",
    "0.0.0.0/0, 203.0.113.9, true",
    "0.0.0.0/0, ::1, false",
    "::/0, 203.0.113.9, false",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/33, 2001:db8:8000::1, false",
    "::1, ::1, true",
    "10.0.0.0/8, ::ffff:10.0.0.1, true",
    "10.0.0.0/8, '', false",
    "10.0.0.0/8, localhost, false"
  })
  void peer_inTheNetwork_isTrusted(String network, String peer, boolean trusted) {
    assertThat(TrustedProxies.of(List.of(network)).seen(from(peer)).fromTrustedProxy())
        .isEqualTo(trusted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "proxy.example/32",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "10.0.0/8",
        "::1/129",
        "2001:db8::1/32",
        "[::1]",
        "10.0.0.0/8/8",
        "*"
      })
  void network_thatIsNone_isRefusedByName(String text) {
    assertThatThrownBy(
            () ->
                Settings.from(
                    name ->
                        name.equals("trustedProxies")
                            ? Optional.of("192.0.2.1, " + text)
                            : Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("trustedProxies: " + text + " (expected: ");
  }

  @Test
  void setting_absent_trustsNobody() {
    DownstreamRequest request = from("127.0.0.1", "x-forwarded-for", "203.0.113.9");

    assertThat(Settings.DEFAULT.trustedProxies().seen(request)).isSameAs(request);
    assertThat(request.clientAddress()).isEqualTo("127.0.0.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          203.0.113.9                          | 203.0.113.9
          198.51.100.1, 203.0.113.9            | 203.0.113.9
          198.51.100.1, 203.0.113.9,10.0.0.7   | 203.0.113.9
          10.0.0.8, 10.0.0.7                   | 10.0.0.8
          ''                                   | 10.0.0.1
          unknown                              | 10.0.0.1
          203.0.113.9, unknown, 10.0.0.7       | 10.0.0.1
          203.0.113.9:4711                     | 10.0.0.1
          2001:DB8:0:0:0:0:0:1                 | 2001:db8::1
          203.0.113.9,,                        | 10.0.0.1
          """)
  void client_behindATrustedPeer_isTheLastThatIsNotTrusted(String forwardedFor, String client) {
    assertThat(TEN.seen(from("10.0.0.1", "X-Forwarded-For", forwardedFor)).clientAddress())
        .isEqualTo(client);
  }

  @Test
  void client_whenLinesRepeat_isFoundInTheLast() {
    assertThat(
            TEN.seen(
                    from(
                        "10.0.0.1",
                        "X-Forwarded-For",
                        "198.51.100.1",
                        "x-forwarded-for",
                        "203.0.113.9"))
                .clientAddress())
        .isEqualTo("203.0.113.9");
  }

  @Test
  void client_behindAnotherPeer_isThePeer() {
    DownstreamRequest request = from("192.0.2.7", "X-Forwarded-For", "203.0.113.9");

    assertThat(TEN.seen(request)).isSameAs(request);
  }

  @ParameterizedTest
  @CsvSource({
    "https,https",
    "HTTPS,https",
    "http,http",
    "wss,http",
    "'https,http',http",
    "'',http"
  })
  void scheme_ofATrustedPeer_isWhatItSaysIfItIsOne(String said, String scheme) {
    assertThat(TEN.seen(from("10.0.0.1", "X-Forwarded-Proto", said)).scheme()).isEqualTo(scheme);
    assertThat(TEN.seen(from("192.0.2.7", "X-Forwarded-Proto", said)).scheme()).isEqualTo("http");
  }
}
