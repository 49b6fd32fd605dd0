package io.espejo.upstream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/** Certificates and keys in PEM, as the JDK takes them. No message shows what a key is. */
public final class Pem {
  private static final char[] NO_PASSWORD = {};
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private Pem() {}

  /**
   * What proves an identity in TLS.
   *
   * @param chain certificates, the private key's own first
   * @param privateKey PKCS #8, not encrypted
   * @throws GeneralSecurityException if they are not that, or do not belong together
   */
  public static KeyManager[] keyManagers(String chain, String privateKey)
      throws GeneralSecurityException {
    Certificate[] certificates = certificates(chain).toArray(Certificate[]::new);
    PrivateKey key = privateKey(privateKey, certificates[0]);
    verifyPair(certificates[0], key);
    KeyStore store = emptyStore();
    store.setKeyEntry("own", key, NO_PASSWORD, certificates);
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

  /** The JDK would notice with the first handshake only. */
  private static void verifyPair(Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "";
        };
    if (algorithm.isEmpty()) {
      return;
    }
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    if (!signature.verify(signed)) {
      throw new InvalidKeySpecException("a private key that is not the certificate's");
    }
  }

  static Collection<? extends Certificate> certificates(String pem)
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

  static KeyStore emptyStore() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, NO_PASSWORD);
    } catch (IOException cannotHappen) {
      throw new GeneralSecurityException(cannotHappen);
    }
    return store;
  }
}
