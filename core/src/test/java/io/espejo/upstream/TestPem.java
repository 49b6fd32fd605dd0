package io.espejo.upstream;

import io.espejo.upstream.TlsSpec.Identity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Certificates for tests: an authority, a server that is {@code httpbin}, and a client. They are
 * valid for a hundred years, and nowhere else.
 */
public final class TestPem {
  private TestPem() {}

  /** One of {@code ca.pem}, {@code server.pem}, {@code server-key.pem}, {@code client.pem}, ... */
  public static String text(String name) {
    try (InputStream in = TestPem.class.getResourceAsStream("/io/espejo/testkit/tls/" + name)) {
      if (in == null) {
        throw new IllegalArgumentException("no " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** The same as a file in {@code dir}. */
  public static Path file(Path dir, String name) throws IOException {
    return Files.writeString(dir.resolve(name), text(name));
  }

  /** What a server needs that is httpbin, and that knows the client's authority. */
  public static SSLContext server() {
    try {
      return Tls.context(
          new TlsSpec(
              "",
              List.of(),
              Optional.of(text("ca.pem")),
              Optional.of(new Identity(text("server.pem"), text("server-key.pem"))),
              false));
    } catch (GeneralSecurityException broken) {
      throw new IllegalStateException(broken);
    }
  }
}
