package io.espejo.upstream;

import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;

/**
 * TLS to a cluster, with what its PEM files said when they were read.
 *
 * <p>Without {@code sni} the server name is the request's host, and the certificate must be for it;
 * with it, or with {@code subjectAltNames}, only these count (Istio's {@code auto_sni} and {@code
 * auto_san_validation}).
 *
 * @param sni empty: the request's host
 * @param subjectAltNames of which the certificate must have one; none: see above
 * @param caCertificates PEM; empty: those of the Java runtime
 * @param identity the client's own, for mutual TLS
 * @param insecure nothing of the certificate is verified
 */
public record TlsSpec(
    String sni,
    List<String> subjectAltNames,
    Optional<String> caCertificates,
    Optional<Identity> identity,
    boolean insecure) {
  public TlsSpec {
    subjectAltNames = List.copyOf(subjectAltNames);
  }

  /** What is wrong with the PEM, if anything. */
  public Optional<String> fault() {
    try {
      Tls.context(this);
      return Optional.empty();
    } catch (GeneralSecurityException bad) {
      return Optional.of("bad PEM: " + bad.getMessage());
    }
  }

  /** The same, for a certificate that must have one of these names. */
  public TlsSpec withSubjectAltNames(List<String> names) {
    return new TlsSpec(sni, names, caCertificates, identity, insecure);
  }

  /** A certificate chain and its private key, both PEM. */
  public record Identity(String certificateChain, String privateKey) {
    /** Shows no key. */
    @Override
    public String toString() {
      return "Identity";
    }
  }
}
