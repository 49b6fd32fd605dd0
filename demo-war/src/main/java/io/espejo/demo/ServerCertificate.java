package io.espejo.demo;

import io.espejo.demo.GatewayOptions.TlsFiles;
import io.espejo.upstream.Pem;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * The gateway's certificate, followed while it runs: a pair of files that changes is taken for new
 * connections within a second or two, and one that is broken, or half changed, is refused and
 * logged while the last one stands.
 */
final class ServerCertificate implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ServerCertificate.class.getName());

  private final TlsFiles files;
  private final SslContextFactory.Server factory = new SslContextFactory.Server();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "certificate-watch");
            thread.setDaemon(true);
            return thread;
          });

  /** A {@link Pair}, or the message of why there is none; belongs to the watch. */
  private Object seen;

  private record Pair(String certificate, String key) {
    SSLContext context() throws GeneralSecurityException {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(Pem.keyManagers(certificate, key), null, null);
      return context;
    }
  }

  private ServerCertificate(TlsFiles files, Pair first) throws GeneralSecurityException {
    this.files = files;
    this.seen = first;
    factory.setSslContext(first.context());
  }

  /** Reads both files, and follows them from now on. */
  static ServerCertificate open(TlsFiles files) throws IOException {
    try {
      ServerCertificate certificate = new ServerCertificate(files, read(files));
      var unused =
          certificate.watch.scheduleWithFixedDelay(certificate::look, 1, 1, TimeUnit.SECONDS);
      return certificate;
    } catch (IOException unreadable) {
      throw new IOException("cannot read " + unreadable.getMessage(), unreadable);
    } catch (GeneralSecurityException bad) {
      throw new IOException(message(files, bad), bad);
    }
  }

  /** What the server's connections use. */
  SslContextFactory.Server factory() {
    return factory;
  }

  private static Pair read(TlsFiles files) throws IOException {
    return new Pair(
        Files.readString(files.certificate(), StandardCharsets.ISO_8859_1),
        Files.readString(files.key(), StandardCharsets.ISO_8859_1));
  }

  private static String message(TlsFiles files, GeneralSecurityException bad) {
    return files.certificate() + " and " + files.key() + ": bad PEM: " + bad.getMessage();
  }

  private void look() {
    try {
      Pair now = read(files);
      if (!now.equals(seen)) {
        seen = now;
        SSLContext next = now.context();
        factory.reload(same -> same.setSslContext(next));
        LOG.log(Level.INFO, "certificate of {0} taken", files.certificate());
      }
    } catch (IOException unreadable) {
      refused("cannot read " + unreadable.getMessage());
    } catch (GeneralSecurityException bad) {
      LOG.log(Level.ERROR, "{0}; the last certificate stands", message(files, bad));
    } catch (Exception fault) {
      LOG.log(Level.ERROR, "the certificate could not be changed", fault);
    }
  }

  private void refused(String why) {
    if (!why.equals(seen)) {
      seen = why;
      LOG.log(Level.ERROR, "{0}; the last certificate stands", why);
    }
  }

  @Override
  public void close() {
    watch.shutdownNow();
  }
}
