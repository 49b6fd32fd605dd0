package io.espejo.demo;

import io.espejo.demo.DemoServer.InPlace;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command line of the demo. */
@Command(
    name = "espejo-demo.war",
    customSynopsis = {
      "java -jar espejo-demo.war [--dir DIR] [--v1-port N] [--v2-port N] [GATEWAY]",
      "       java -jar espejo-demo.war --rules PATH [GATEWAY]",
      "       java -jar espejo-demo.war --httpbin NAME --port N [--host H] [--rules PATH [--local HOST/SUBSET] [--provider]]",
      "       java -jar espejo-demo.war --validate PATH [--local HOST/SUBSET]",
      "GATEWAY: [--port N] [--host H] [--admin-port N] [--access-log FILE] [--tls-cert FILE --tls-key FILE]",
    },
    description = {
      "",
      "Without --rules, --httpbin or --validate: the walk-through, which is httpbin v1 and v2, the gateway before"
          + " them, and rules to change while they run.",
      ""
    },
    footer = {
      "",
      "Exit code: 0, 1 for a failure or invalid rules, 2 for wrong arguments; 143 or 130 when SIGTERM or"
          + " Ctrl-C ended it.",
    },
    usageHelpWidth = 100,
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = DemoOptions.Version.class)
final class DemoOptions implements Callable<Integer> {
  private static final String ONLY_FOR_THE_GATEWAY =
      "--admin-port, --access-log, --tls-cert and --tls-key are for the gateway only";

  private final DemoCommand demo;

  @Spec private @Nullable CommandSpec spec;

  @ArgGroup private @Nullable Mode mode;

  @Option(
      names = "--rules",
      paramLabel = "PATH",
      description =
          "Run the gateway alone, for the rules in this file or directory; with --httpbin, mirror in"
              + " place by them.")
  private @Nullable Path rules;

  @Option(
      names = "--local",
      paramLabel = "HOST/SUBSET",
      description =
          "With --httpbin and --rules: what this httpbin is in the rules (default: httpbin/v1). With"
              + " --validate: check them as for that application (default: as for a gateway).")
  private @Nullable String local;

  @Option(
      names = "--provider",
      description =
          "With --httpbin and --rules: mirror by the JAX-RS provider instead of the servlet filter.")
  private boolean provider;

  @Option(
      names = "--port",
      paramLabel = "N",
      converter = Port.class,
      description = "The port to listen on, 0 for any (default: 8000).")
  private @Nullable Integer port;

  @Option(
      names = "--host",
      paramLabel = "H",
      description = "The address to listen on (default: 127.0.0.1, for this machine only).")
  private @Nullable String host;

  @Option(
      names = "--admin-port",
      paramLabel = "N",
      converter = Port.class,
      description =
          "Where 127.0.0.1 alone may read /metrics, /healthz, /readyz, /rules and /outcomes of the"
              + " gateway (default: 0, nowhere).")
  private @Nullable Integer adminPort;

  @Option(
      names = "--access-log",
      paramLabel = "FILE",
      description =
          "Where the gateway logs each request and the outcome of each copy; - for stdout (default:"
              + " off).")
  private @Nullable String accessLog;

  @ArgGroup(exclusive = false)
  private @Nullable Tls tls;

  @Mixin private ServerLimits.Options limits = new ServerLimits.Options();

  DemoOptions(DemoCommand demo) {
    this.demo = demo;
  }

  /** What excludes each other. */
  static final class Mode {
    @Option(
        names = "--httpbin",
        paramLabel = "NAME",
        description = "Run one httpbin alone; its access log has this name, such as v1.")
    private @Nullable String httpbin;

    @Option(
        names = "--validate",
        paramLabel = "PATH",
        description = "Check the rules in this file or directory, and print what is wrong.")
    private @Nullable Path validate;

    @ArgGroup(exclusive = false)
    private @Nullable Walk walk;
  }

  /** Both, or none. */
  static final class Tls {
    @Option(
        names = "--tls-cert",
        paramLabel = "FILE",
        required = true,
        description =
            "The gateway speaks TLS, and HTTP/2 by ALPN, with this certificate chain (PEM); followed"
                + " while it runs.")
    private @Nullable Path certificate;

    @Option(
        names = "--tls-key",
        paramLabel = "FILE",
        required = true,
        description = "The certificate's private key (PEM, PKCS #8, not encrypted).")
    private @Nullable Path key;
  }

  /** What only the walk-through has. */
  static final class Walk {
    @Option(
        names = "--dir",
        paramLabel = "DIR",
        description = "Where the walk-through's files go (default: espejo-demo).")
    private @Nullable Path directory;

    @Option(
        names = "--v1-port",
        paramLabel = "N",
        converter = Port.class,
        description = "The port of httpbin v1 (default: 8081).")
    private @Nullable Integer v1Port;

    @Option(
        names = "--v2-port",
        paramLabel = "N",
        converter = Port.class,
        description = "The port of httpbin v2 (default: 8082).")
    private @Nullable Integer v2Port;
  }

  @Override
  public Integer call() throws Exception {
    Mode chosen = Objects.requireNonNullElseGet(mode, Mode::new);
    String boundTo = Objects.requireNonNullElse(host, "127.0.0.1");
    int boundPort = Objects.requireNonNullElse(port, 8000);
    refuse(
        rules != null && (chosen.validate != null || chosen.walk != null),
        "--rules and --validate, --dir, --v1-port, --v2-port are mutually exclusive");
    refuse(
        local != null && chosen.validate == null && (rules == null || chosen.httpbin == null),
        "--local needs --httpbin and --rules, or --validate");
    refuse(
        provider && (rules == null || chosen.httpbin == null),
        "--provider needs --httpbin and --rules");
    if (chosen.validate != null) {
      refuse(onlyForTheGateway(), ONLY_FOR_THE_GATEWAY);
      refuse(
          port != null || host != null, "--validate listens nowhere: leave out --port and --host");
      return demo.validate(chosen.validate, Optional.ofNullable(local));
    }
    if (chosen.httpbin != null) {
      refuse(onlyForTheGateway(), ONLY_FOR_THE_GATEWAY);
      refuse(port == null, "--httpbin needs --port");
      return demo.httpbin(
          chosen.httpbin,
          boundTo,
          boundPort,
          Optional.ofNullable(rules),
          Objects.requireNonNullElse(local, "httpbin/v1"),
          provider ? InPlace.PROVIDER : InPlace.FILTER);
    }
    if (rules != null) {
      return demo.gateway(rules, gateway(boundTo, boundPort));
    }
    Walk walk = Objects.requireNonNullElseGet(chosen.walk, Walk::new);
    return demo.walkthrough(
        Optional.ofNullable(walk.directory),
        gateway(boundTo, boundPort),
        Objects.requireNonNullElse(walk.v1Port, 8081),
        Objects.requireNonNullElse(walk.v2Port, 8082));
  }

  private boolean onlyForTheGateway() {
    return adminPort != null || accessLog != null || tls != null;
  }

  private GatewayOptions gateway(String boundTo, int boundPort) {
    int admin = Objects.requireNonNullElse(adminPort, 0);
    return new GatewayOptions(
        boundTo,
        boundPort,
        limits.limits(),
        admin == 0 ? OptionalInt.empty() : OptionalInt.of(admin),
        Optional.ofNullable(accessLog).filter(log -> !log.equals("off")),
        Optional.ofNullable(tls)
            .map(
                both ->
                    new GatewayOptions.TlsFiles(
                        Objects.requireNonNull(both.certificate),
                        Objects.requireNonNull(both.key))));
  }

  private void refuse(boolean contradiction, String why) {
    if (contradiction) {
      throw new ParameterException(Objects.requireNonNull(spec).commandLine(), why);
    }
  }

  static final class Port implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      try {
        int port = Integer.parseInt(value);
        if (port >= 0 && port <= 65_535) {
          return port;
        }
      } catch (NumberFormatException notANumber) {
        // Falls through to the same complaint.
      }
      throw new TypeConversionException("'" + value + "' is not a port (expected: 0..65535)");
    }
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = DemoOptions.class.getPackage().getImplementationVersion();
      return new String[] {"espejo-demo " + (version == null ? "(not packaged)" : version)};
    }
  }
}
