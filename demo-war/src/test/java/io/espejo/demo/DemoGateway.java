package io.espejo.demo;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import io.espejo.exchange.MirrorListener;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The demo's gateway, in this process, between recording origins, for any host. */
final class DemoGateway implements AutoCloseable {
  final RecordingOrigin v1 = RecordingOrigin.start("v1");
  final RecordingOrigin v2 = RecordingOrigin.start("v2");
  final Espejo espejo;
  private final Path rules;
  private final DemoServer server;

  /** Everything to v1, with these mirrors. */
  DemoGateway(
      Path directory,
      Route route,
      Optional<ServerCertificate> certificate,
      Optional<GatewayLog> log)
      throws Exception {
    rules = directory.resolve("rules.yaml");
    rules(route);
    espejo =
        Espejo.open(
            ConfigSource.path(rules),
            Settings.from(name -> name.equals("gateways") ? Optional.of("edge") : Optional.empty()),
            log.isPresent() ? log.get() : MirrorListener.NONE);
    server =
        DemoServer.gateway(espejo, options("127.0.0.1", ServerLimits.DEFAULT), certificate, log);
    server.open();
    server.start();
  }

  /** On any port, in plain text, without a word to operators. */
  static GatewayOptions options(String host, ServerLimits limits) {
    return new GatewayOptions(
        host, 0, limits, OptionalInt.empty(), Optional.empty(), Optional.empty());
  }

  void rules(Route route) throws IOException {
    RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port()))
        .routes("httpbin", List.of("*"), route)
        .writeTo(rules);
  }

  int port() {
    return server.port();
  }

  @Override
  public void close() throws IOException {
    server.close();
    espejo.close();
    v1.close();
    v2.close();
  }
}
