package io.espejo.upstream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
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
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private static final Pattern LITERAL = Pattern.compile("[0-9.]+");
  private static final char[] NO_PASSWORD = {};

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
        spec.identity().isPresent() ? keyManagers(spec.identity().get()) : new KeyManager[0];
    context.init(keys, spec.insecure() ? SslContextFactory.TRUST_ALL_CERTS : trusted(spec), null);
    return context;
  }

  private static TrustManager[] trusted(TlsSpec spec) throws GeneralSecurityException {
    X509ExtendedTrustManager chain = trustManager(spec.caCertificates());
    return new TrustManager[] {new NamedServer(chain, spec.subjectAltNames())};
  }

  private static KeyManager[] keyManagers(TlsSpec.Identity identity)
      throws GeneralSecurityException {
    Certificate[] chain = certificates(identity.certificateChain()).toArray(Certificate[]::new);
    KeyStore store = emptyStore();
    store.setKeyEntry("client", privateKey(identity.privateKey(), chain[0]), NO_PASSWORD, chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  /** The JDK reads PKCS #8 itself; the older forms would need an ASN.1 reader. */
  private static PrivateKey privateKey(String pem, Certificate certificate)
      throws GeneralSecurityException {
    Matcher matcher = PKCS8.matcher(pem);
    if (!matcher.find()) {
      throw new InvalidKeySpecException(
          "no unencrypted PKCS #8 key (expected: BEGIN PRIVATE KEY; openssl pkcs8 -topk8 -nocrypt"
              + " makes one)");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
      return KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
          .generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (IllegalArgumentException notBase64) {
      throw new InvalidKeySpecException("a private key that is not base64", notBase64);
    }
  }

  private static X509ExtendedTrustManager trustManager(Optional<String> authorities)
      throws GeneralSecurityException {
    KeyStore store = null;
    if (authorities.isPresent()) {
      store = emptyStore();
      for (Certificate certificate : certificates(authorities.get())) {
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

  private static Collection<? extends Certificate> certificates(String pem)
      throws GeneralSecurityException {
    Collection<? extends Certificate> certificates =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(
                new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)));
    if (certificates.isEmpty()) {
      throw new CertificateException("no certificate (expected: BEGIN CERTIFICATE)");
    }
    return certificates;
  }

  private static KeyStore emptyStore() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, NO_PASSWORD);
    } catch (IOException cannotHappen) {
      throw new GeneralSecurityException(cannotHappen);
    }
    return store;
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
