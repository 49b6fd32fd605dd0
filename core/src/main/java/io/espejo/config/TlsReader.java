package io.espejo.config;

import io.espejo.upstream.TlsSpec;
import io.espejo.upstream.TlsSpec.Identity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reading of {@code tls} and of the PEM files that it names; they are read again on each load. */
final class TlsReader {
  private static final int MAX_FILE_BYTES = 4 << 20;
  private static final Set<String> MODES = Set.of("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL");

  private TlsReader() {}

  static Optional<TrafficPolicy.Tls> read(Value value) {
    return value.fields().flatMap(TlsReader::read);
  }

  private static Optional<TrafficPolicy.Tls> read(Fields fields) {
    Optional<Value> modeValue = fields.take("mode");
    String mode = modeValue.flatMap(value -> value.oneOf(MODES)).orElse("DISABLE");
    Optional<Value> certificate = text(fields, "clientCertificate");
    Optional<Value> key = text(fields, "privateKey");
    Optional<Value> authorities = text(fields, "caCertificates");
    Optional<Value> names = fields.take("subjectAltNames").filter(value -> !value.isEmptyList());
    String sni = fields.take("sni").flatMap(Value::text).orElse("");
    Optional<Value> skip = fields.take("insecureSkipVerify");
    boolean insecure = skip.flatMap(Value::flag).orElse(false);
    text(fields, "credentialName")
        .ifPresent(
            value ->
                value.error(
                    "not carried out: there is no Kubernetes secret here (expected:"
                        + " clientCertificate, privateKey, caCertificates)"));
    fields.notCarriedOut("caCrl");
    fields.end();
    List<String> subjectAltNames = new ArrayList<>();
    names.map(Value::list).orElse(List.of()).stream()
        .flatMap(value -> value.text().stream())
        .forEach(subjectAltNames::add);
    switch (mode) {
      case "DISABLE" -> {
        return Optional.of(new TrafficPolicy.Tls(Optional.empty()));
      }
      case "ISTIO_MUTUAL" -> {
        modeValue.ifPresent(
            value ->
                value.error(
                    "ISTIO_MUTUAL is not carried out: there is no sidecar here to give the"
                        + " certificates (expected: DISABLE, SIMPLE or MUTUAL)"));
        return Optional.empty();
      }
      default -> {}
    }
    if (insecure && (authorities.isPresent() || names.isPresent())) {
      skip.get().error("beside caCertificates or subjectAltNames (expected: neither)");
    }
    Optional<Identity> identity = Optional.empty();
    if (mode.equals("MUTUAL")) {
      if (certificate.isEmpty()) {
        missing(fields, "clientCertificate");
      }
      if (key.isEmpty()) {
        missing(fields, "privateKey");
      }
      Optional<String> chain = certificate.flatMap(TlsReader::file);
      identity = key.flatMap(TlsReader::file).flatMap(pem -> chain.map(c -> new Identity(c, pem)));
    }
    TlsSpec spec =
        new TlsSpec(sni, subjectAltNames, authorities.flatMap(TlsReader::file), identity, insecure);
    spec.fault().ifPresent(fault -> fields.owner().error(fault));
    return Optional.of(new TrafficPolicy.Tls(Optional.of(spec)));
  }

  /** The empty text is the same as none. */
  private static Optional<Value> text(Fields fields, String name) {
    return fields
        .take(name)
        .filter(value -> value.text().filter(text -> !text.isEmpty()).isPresent());
  }

  private static void missing(Fields fields, String name) {
    fields.missing(name, "a PEM file, for MUTUAL");
  }

  private static Optional<String> file(Value value) {
    try {
      Path path = Path.of(value.text().orElseThrow());
      if (Files.size(path) > MAX_FILE_BYTES) {
        value.error(value.shown() + " has more than 4 MiB");
        return Optional.empty();
      }
      return Optional.of(Files.readString(path, StandardCharsets.ISO_8859_1));
    } catch (IOException | InvalidPathException unreadable) {
      value.refuse("a PEM file that can be read");
      return Optional.empty();
    }
  }
}
