package io.espejo.demo;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
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
      "java -jar espejo-demo.war [--dir DIR] [--v1-port N] [--v2-port N] [--port N] [--host H]",
      "       java -jar espejo-demo.war --rules PATH [--port N] [--host H]",
      "       java -jar espejo-demo.war --httpbin NAME --port N [--host H]",
      "       java -jar espejo-demo.war --validate PATH",
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
  private final DemoCommand demo;

  @Spec private @Nullable CommandSpec spec;

  @ArgGroup private @Nullable Mode mode;

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

  @Mixin private ServerLimits.Options limits = new ServerLimits.Options();

  DemoOptions(DemoCommand demo) {
    this.demo = demo;
  }

  /** What excludes each other. */
  static final class Mode {
    @Option(
        names = "--rules",
        paramLabel = "PATH",
        description = "Run the gateway alone, for the rules in this file or directory.")
    private @Nullable Path rules;

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
    if (chosen.validate != null) {
      refuse(
          port != null || host != null, "--validate listens nowhere: leave out --port and --host");
      return demo.validate(chosen.validate);
    }
    if (chosen.rules != null) {
      return demo.gateway(chosen.rules, boundTo, boundPort, limits.limits());
    }
    if (chosen.httpbin != null) {
      refuse(port == null, "--httpbin needs --port");
      return demo.httpbin(chosen.httpbin, boundTo, boundPort);
    }
    Walk walk = Objects.requireNonNullElseGet(chosen.walk, Walk::new);
    return demo.walkthrough(
        Optional.ofNullable(walk.directory),
        boundTo,
        boundPort,
        Objects.requireNonNullElse(walk.v1Port, 8081),
        Objects.requireNonNullElse(walk.v2Port, 8082),
        limits.limits());
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
