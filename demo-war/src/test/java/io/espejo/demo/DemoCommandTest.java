package io.espejo.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoCommandTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private static final Path WALKTHROUGH = Path.of("src/main/resources/io/espejo/demo/walkthrough");

  @TempDir Path temporary;

  @Test
  void help_asked_namesEveryOption() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString(UTF_8))
        .startsWith("Usage: java -jar espejo-demo.war ")
        .contains(
            "--rules",
            "--httpbin",
            "--local",
            "--provider",
            "--validate",
            "--dir",
            "--v1-port",
            "--v2-port",
            "--port",
            "--host",
            "--max-connections",
            "--max-head",
            "--head-timeout",
            "--idle-timeout",
            "--admin-port",
            "--access-log",
            "--tls-cert",
            "--tls-key",
            "--help",
            "--version",
            "Exit code");
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void version_asked_isPrinted() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString(UTF_8)).startsWith("espejo-demo ");
  }

  @ParameterizedTest
  @CsvSource({
    "--rules x --validate y, mutually exclusive",
    "--rules x --dir y, mutually exclusive",
    "--httpbin v1 --validate x, mutually exclusive",
    "--rules x --httpbin v1, --httpbin needs --port",
    "--local httpbin/v1 --httpbin v1 --port 1, --local needs --httpbin and --rules",
    "--local httpbin/v1 --rules x, --local needs --httpbin and --rules",
    "--provider --httpbin v1 --port 1, --provider needs --httpbin and --rules",
    "--provider --rules x, --provider needs --httpbin and --rules",
    "--rules x --v1-port 1, mutually exclusive",
    "--validate x --dir y, mutually exclusive",
    "--validate x --port 1, --validate listens nowhere",
    "--validate x --host h, --validate listens nowhere",
    "--httpbin v1, --httpbin needs --port",
    "--httpbin v1 --port 1 --admin-port 2, are for the gateway only",
    "--validate x --access-log -, are for the gateway only",
    "--validate x --tls-cert c --tls-key k, are for the gateway only",
    "--rules x --tls-cert c, Missing required argument",
    "--rules x --tls-key k, Missing required argument",
    "--rules x --admin-port 65536, is not a port",
    "--port 65536, '''65536'' is not a port (expected: 0..65535)'",
    "--port -1, is not a port",
    "--port eight, is not a port",
    "--port 1 --port 2, should be specified only once",
    "--max-connections 0, '''0'' is out of range (expected: 1..2147483647)'",
    "--head-timeout soon, is out of range",
    "--rules, Missing required parameter",
    "--nope, Unknown option: '--nope'",
    "nope, Unmatched argument"
  })
  void arguments_wrong_areRefusedInOneLine(String arguments, String why) {
    assertThat(run(arguments.split(" ", -1))).isEqualTo(2);
    assertThat(err.toString(UTF_8))
        .startsWith("espejo-demo: ")
        .contains(why)
        .endsWith(" (see --help)\n")
        .hasLineCount(1);
  }

  @Test
  void httpbin_portTaken_isToldAndReturns1() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(run("--httpbin", "v1", "--port", port)).isEqualTo(1);
      assertThat(err.toString(UTF_8))
          .startsWith(
              "espejo-demo: cannot listen on 127.0.0.1:" + port + " (Address already in use");
    }
  }

  @Test
  void walkthrough_portTaken_leavesNothingBehind() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      Path directory = temporary.resolve("rules");
      assertThat(
              run(
                  "--dir",
                  directory.toString(),
                  "--v1-port",
                  "0",
                  "--v2-port",
                  "0",
                  "--port",
                  port))
          .isEqualTo(1);
      assertThat(err.toString(UTF_8)).contains("cannot listen on 127.0.0.1:" + port);
      assertThat(directory).doesNotExist();
    }
  }

  @ParameterizedTest
  @CsvSource({"httpbin/v1, 1", "httpbin/v2, 0", ", 0"})
  void validate_ofWhatAnApplicationCannotDo_goesByWhoIsLocal(String local, int exitCode)
      throws IOException {
    Path rules = Files.createDirectory(temporary.resolve("rules"));
    Files.copy(WALKTHROUGH.resolve("0-httpbin.yaml"), rules.resolve("0.yaml"));
    Files.writeString(
        rules.resolve("1.yaml"),
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: httpbin}
        spec:
          hosts: [httpbin]
          http:
            - rewrite: {uri: /other}
              route: [{destination: {host: httpbin, subset: v1}}]
        """);

    List<String> arguments = new ArrayList<>(List.of("--validate", rules.toString()));
    if (local != null) {
      arguments.addAll(List.of("--local", local));
    }

    assertThat(run(arguments.toArray(String[]::new))).isEqualTo(exitCode);
    assertThat(err.toString(UTF_8).contains("rewrite is not carried out")).isEqualTo(exitCode == 1);
  }

  @Test
  void settings_ofTheProcess_holdForValidation() throws IOException {
    Path rules = temporary.resolve("other.yaml");
    Files.writeString(
        rules, "{apiVersion: security.istio.io/v1, kind: Sidecar, metadata: {name: x}}");
    assertThat(run("--validate", rules.toString())).isEqualTo(1);

    System.setProperty("espejo.ignoreKinds", "Sidecar");
    try {
      assertThat(run("--validate", rules.toString())).isZero();
    } finally {
      System.clearProperty("espejo.ignoreKinds");
    }
  }

  @Test
  void httpbin_unknownHost_isToldAndReturns1() {
    assertThat(run("--httpbin", "v1", "--port", "0", "--host", "nowhere.invalid")).isEqualTo(1);
    assertThat(err.toString(UTF_8)).contains("cannot listen on nowhere.invalid:0");
  }

  private int run(String... arguments) {
    try (DemoCommand command =
        new DemoCommand(
            arguments, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8))) {
      return command.call();
    }
  }
}
