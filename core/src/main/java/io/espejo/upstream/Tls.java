package io.espejo.upstream;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** Turns what the documents say of TLS, and the PEM they name, into what the JDK needs. */
final class Tls {
  private static final Pattern LITERAL = Pattern.compile("[0-9.]+");

  private Tls() {}

  static SslContextFactory.Client factory(TlsSpec spec) {
    SslContextFactory.Client factory = new SslContextFactory.Client();
    try {
      factory.setSslContext(context(spec));
    } catch (GeneralSecurityException bad) {
      throw new IllegalArgumentException("tls: " + bad.getMessage(), bad);
    }
    boolean byName = !spec.insecure() && spec.sni().isEmpty() && spec.subjectAltNames().isEmpty();
    factory.setEndpointIdentificationAlgorithm(byName ? "HTTPS" : null);
    factory.setSNIProvider(Tls::serverNames);
    return factory;
  }

  /** The JDK alone names no server whose name has no dot. */
  private static List<SNIServerName> serverNames(SSLEngine engine, List<SNIServerName> names) {
    String host = engine.getPeerHost();
    boolean literal = host == null || host.indexOf(':') >= 0 || LITERAL.matcher(host).matches();
    try {
      return literal ? List.of() : List.of(new SNIHostName(host));
    } catch (IllegalArgumentException notAName) {
      return names;
    }
  }

  static SSLContext context(TlsSpec spec) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    KeyManager[] keys =
        spec.identity().isPresent()
            ? Pem.keyManagers(
                spec.identity().get().certificateChain(), spec.identity().get().privateKey())
            : new KeyManager[0];
    context.init(keys, spec.insecure() ? SslContextFactory.TRUST_ALL_CERTS : trusted(spec), null);
    return context;
  }

  private static TrustManager[] trusted(TlsSpec spec) throws GeneralSecurityException {
    X509ExtendedTrustManager chain = trustManager(spec.caCertificates());
    return new TrustManager[] {new NamedServer(chain, spec.subjectAltNames())};
  }

  private static X509ExtendedTrustManager trustManager(Optional<String> authorities)
      throws GeneralSecurityException {
    KeyStore store = null;
    if (authorities.isPresent()) {
      store = Pem.emptyStore();
      for (Certificate certificate : Pem.certificates(authorities.get())) {
        store.setCertificateEntry("ca" + store.size(), certificate);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager extended) {
        return extended;
      }
    }
    throw new GeneralSecurityException("the Java runtime has no X.509 trust manager");
  }

  /** Verifies as the JDK does, and that the certificate has one of these names, if any are said. */
  private static final class NamedServer extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager chain;
    private final List<String> names;

    NamedServer(X509ExtendedTrustManager chain, List<String> names) {
      this.chain = chain;
      this.names = names;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type, SSLEngine engine)
        throws CertificateException {
      chain.checkServerTrusted(certificates, type, engine);
      checkNames(certificates[0]);
    }

    private void checkNames(X509Certificate certificate) throws CertificateException {
      if (names.isEmpty()) {
        return;
      }
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives == null
          || alternatives.stream()
              .noneMatch(alternative -> names.contains(String.valueOf(alternative.get(1))))) {
        throw new CertificateException("the certificate has none of the subjectAltNames");
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type, Socket socket)
        throws CertificateException {
      chain.checkServerTrusted(certificates, type, socket);
      checkNames(certificates[0]);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type)
        throws CertificateException {
      chain.checkServerTrusted(certificates, type);
      checkNames(certificates[0]);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type, Socket socket)
        throws CertificateException {
      chain.checkClientTrusted(certificates, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type, SSLEngine engine)
        throws CertificateException {
      chain.checkClientTrusted(certificates, type, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type)
        throws CertificateException {
      chain.checkClientTrusted(certificates, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return chain.getAcceptedIssuers();
    }
  }
}
