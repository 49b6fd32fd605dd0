package io.espejo.upstream;

import io.espejo.upstream.ClusterSpec.Keepalive;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.io.Transport;

/** TCP to an address that is known already, whatever the destination's name. */
final class PinnedTransport extends Transport.TCPIP {
  private final InetSocketAddress address;
  private final Optional<Keepalive> keepalive;

  PinnedTransport(InetSocketAddress address, Optional<Keepalive> keepalive) {
    this.address = address;
    this.keepalive = keepalive;
  }

  @Override
  public boolean requiresDomainNameResolution() {
    return false;
  }

  @Override
  public SocketAddress getSocketAddress() {
    return address;
  }

  @Override
  public SelectableChannel newSelectableChannel() throws IOException {
    SocketChannel channel = (SocketChannel) super.newSelectableChannel();
    if (keepalive.isPresent()) {
      Keepalive said = keepalive.get();
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      set(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, said.probes());
      set(channel, ExtendedSocketOptions.TCP_KEEPIDLE, said.timeSeconds());
      set(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, said.intervalSeconds());
    }
    return channel;
  }

  private static void set(SocketChannel channel, SocketOption<Integer> option, int value)
      throws IOException {
    if (value > 0 && channel.supportedOptions().contains(option)) {
      channel.setOption(option, value);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PinnedTransport pinned && pinned.address.equals(address);
  }

  @Override
  public int hashCode() {
    return address.hashCode();
  }
}
