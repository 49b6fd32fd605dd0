package io.espejo.demo;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How the gateway is to be run.
 *
 * @param host to listen on
 * @param port 0 for any
 * @param limits on what its clients take
 * @param adminPort on loopback; none, if empty
 * @param accessLog a path, or {@code -} for stdout; none, if empty
 * @param tls plain text, if empty
 */
record GatewayOptions(
    String host,
    int port,
    ServerLimits limits,
    OptionalInt adminPort,
    Optional<String> accessLog,
    Optional<TlsFiles> tls) {

  /** PEM: a certificate chain, and its private key as PKCS #8. */
  record TlsFiles(Path certificate, Path key) {}
}
