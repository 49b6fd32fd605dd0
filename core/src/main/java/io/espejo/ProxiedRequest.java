package io.espejo;

import io.espejo.exchange.DownstreamRequest;
import java.util.List;
import java.util.Locale;

/** A request from a trusted proxy: its client and scheme are those that the proxy names. */
record ProxiedRequest(DownstreamRequest request, String clientAddress)
    implements DownstreamRequestView {
  @Override
  public boolean fromTrustedProxy() {
    return true;
  }

  /** As the proxy says; as the proxy's connection has it, if it says nothing or something else. */
  @Override
  public String scheme() {
    List<String> said = request.headers().all("x-forwarded-proto");
    String proto = said.size() == 1 ? said.get(0).toLowerCase(Locale.ROOT) : "";
    return proto.equals("http") || proto.equals("https") ? proto : request.scheme();
  }
}
