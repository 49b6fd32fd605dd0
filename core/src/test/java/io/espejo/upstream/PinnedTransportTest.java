package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.upstream.ClusterSpec.Keepalive;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

/** What {@code tcpKeepalive} does to a connection. */
class PinnedTransportTest {
  private static SocketChannel channel(Optional<Keepalive> keepalive) throws Exception {
    return (SocketChannel)
        new PinnedTransport(new InetSocketAddress(InetAddress.getLoopbackAddress(), 80), keepalive)
            .newSelectableChannel();
  }

  @Test
  void tcpKeepalive_given_isSetOnTheSocket() throws Exception {
    try (SocketChannel channel = channel(Optional.of(new Keepalive(3, 7200, 75)))) {
      assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
      assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(3);
      assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(7200);
      assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(75);
    }
  }

  @Test
  void tcpKeepalive_empty_hasTheSystemsOwnTimes() throws Exception {
    try (SocketChannel plain = channel(Optional.empty());
        SocketChannel channel = channel(Optional.of(new Keepalive(0, 0, 0)))) {
      assertThat(plain.getOption(StandardSocketOptions.SO_KEEPALIVE)).isFalse();
      assertThat(channel.getOption(StandardSocketOptions.SO_KEEPALIVE)).isTrue();
      assertThat(channel.getOption(ExtendedSocketOptions.TCP_KEEPIDLE))
          .isEqualTo(plain.getOption(ExtendedSocketOptions.TCP_KEEPIDLE));
    }
  }
}
