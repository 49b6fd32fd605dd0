package io.espejo.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.upstream.TestPem;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The packaged WAR as a process: {@code java -jar espejo-demo.war}. */
@Timeout(120)
class StandaloneIT {
  private static final Path EXAMPLES =
      Path.of("src/main/resources/io/espejo/demo/walkthrough").toAbsolutePath();
  private static final String READY =
      "httpbin v1 is on 127\\.0\\.0\\.1:(\\d+) and v2 on 127\\.0\\.0\\.1:(\\d+); .* 127\\.0\\.0\\.1:(\\d+)\\.";

  @TempDir Path directory;
  private Path unpacked;
  private Path here;

  @BeforeEach
  void makeDirectories() throws IOException {
    unpacked = Files.createDirectory(directory.resolve("unpacked"));
    here = Files.createDirectory(directory.resolve("some where"));
  }

  @Test
  void walkthrough_sixSteps_giveWhatTheyShould() throws Exception {
    Path rules = here.resolve("espejo-demo/rules");
    try (DemoProcess demo = walkthrough()) {
      Matcher ready = demo.awaitOut(READY);
      int v2Port = Integer.parseInt(ready.group(2));
      int port = Integer.parseInt(ready.group(3));
      assertThat(entries(rules)).containsExactly("0-httpbin.yaml");
      new WalkthroughSteps(demo, port, rules.getParent(), rules, demo.out(), () -> lastHost(v2Port))
          .walk();
      assertThat(demo.terminate()).isEqualTo(143);
      assertThat(demo.printed()).noneMatch(line -> line.startsWith("\tat "));
      assertThatThrownBy(() -> RawClient.to(port)).isInstanceOf(ConnectException.class);
    }
    assertThat(entries(unpacked)).isEmpty();
    assertThat(here.resolve("espejo-demo/rules")).doesNotExist();
    assertThat(here.resolve("espejo-demo")).doesNotExist();
  }

  @Test
  void walkthrough_printedCommands_workAsPasted() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "no /bin/sh here");
    assumeTrue(
        new ProcessBuilder("/bin/sh", "-c", "curl --version").start().waitFor() == 0,
        "no curl here");
    try (DemoProcess demo = walkthrough()) {
      List<String> commands = new ArrayList<>();
      for (String line = ""; !line.equals("Ctrl-C ends it."); line = demo.awaitOut(".*").group()) {
        if (line.startsWith("  ")) {
          commands.add(line.strip());
        }
      }
      assertThat(commands).hasSize(8);
      String enter = commands.get(0);
      String request = commands.get(1);
      demo.awaitErr("taken");
      for (String command : commands.subList(1, commands.size())) {
        if (command.endsWith("/last")) {
          await()
              .untilAsserted(
                  () -> assertThat(pasted(enter, command)).contains("\"Host\": \"httpbin-shadow:"));
        } else if (!command.equals(request)) {
          pasted(enter, command);
          demo.awaitErr("taken|refused");
        }
        assertThat(pasted(enter, request)).contains("\"Host\": \"httpbin:");
      }
      assertThat(entries(here.resolve("espejo-demo/rules"))).containsExactly("0-httpbin.yaml");
      demo.terminate();
    }
  }

  @Test
  void walkthrough_directoryNotWritable_rulesGoToATemporaryOne() throws Exception {
    Files.createFile(here.resolve("espejo-demo"));
    try (DemoProcess demo = walkthrough()) {
      assertThat(demo.awaitOut("It follows the rules in (\\S+)").group(1))
          .startsWith(unpacked + "/espejo-demo-rules-");
      demo.terminate();
    }
    assertThat(entries(unpacked)).isEmpty();
  }

  @Test
  void gateway_rulesAlone_servesThem() throws Exception {
    try (DemoProcess httpbin = DemoProcess.war(here, unpacked, "--httpbin", "v2", "--port", "0");
        DemoProcess demo = gateway(rulesFor(port(httpbin, "httpbin v2 is on ")))) {
      int port = port(demo, "the gateway for .* is on ");
      assertThat(RawClient.once(port, RawRequest.get("/headers").host("httpbin:8000")).status())
          .isEqualTo(200);
      httpbin.awaitOut("v2 127\\.0\\.0\\.1 - - .*\"GET /headers HTTP/1\\.1\" 200 ");
      assertThat(RawClient.once(port, RawRequest.get("/").host("nowhere")).status()).isEqualTo(404);
      assertThat(demo.terminate()).isEqualTo(143);
      assertThat(httpbin.terminate()).isEqualTo(143);
    }
    assertThat(entries(unpacked)).isEmpty();
  }

  @Test
  void httpbin_withRules_mirrorsWhatItAnswers() throws Exception {
    try (DemoProcess v2 = DemoProcess.war(here, unpacked, "--httpbin", "v2", "--port", "0")) {
      int v2Port = port(v2, "httpbin v2 is on ");
      Path rules = rulesFor(v2Port).getParent();
      Files.copy(EXAMPLES.resolve("1-all-to-v1.yaml"), rules.resolve("1-all-to-v1.yaml"));
      Files.copy(EXAMPLES.resolve("2-mirror-to-v2.yaml"), rules.resolve("2-mirror-to-v2.yaml"));
      String[] arguments = {"--httpbin", "v1", "--port", "0", "--rules", rules.toString()};
      try (DemoProcess v1 = DemoProcess.war(here, unpacked, arguments)) {
        int v1Port = port(v1, "httpbin v1 is on ");
        v1.awaitOut("it is httpbin/v1 in .*, and mirrors in place");
        RawRequest post = RawRequest.of("POST", "/post").host("httpbin:8000");
        RawAnswer answer =
            RawClient.once(
                v1Port,
                post.header("Content-Type", "application/x-www-form-urlencoded")
                    .body("a=b&c=d".getBytes(UTF_8)));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).contains("\"a\": \"b\"", "\"Host\": \"httpbin:8000\"");
        v2.awaitOut("v2 127\\.0\\.0\\.1 - - .*\"POST /post HTTP/1\\.1\" 200 ");
        assertThat(lastHost(v2Port)).isEqualTo("httpbin-shadow:8000");
        assertThat(v1.terminate()).isEqualTo(143);
      }
    }
  }

  @Test
  void gateway_requestRunsAtSigterm_isAnswered() throws Exception {
    try (DemoProcess httpbin = DemoProcess.war(here, unpacked, "--httpbin", "v1", "--port", "0")) {
      int httpbinPort = port(httpbin, "httpbin v1 is on ");
      try (DemoProcess demo = gateway(rulesFor(httpbinPort));
          RawClient client = RawClient.to(port(demo, "the gateway for .* is on "))) {
        client.send(RawRequest.get("/delay/2").host("httpbin"));
        await()
            .until(
                () -> RawClient.once(httpbinPort, RawRequest.get("/last")).text(),
                last -> last.contains("/delay/2"));
        demo.signal();
        assertThat(client.read().status()).isEqualTo(200);
        assertThat(demo.exitCode()).isEqualTo(143);
      }
    }
  }

  @Test
  void gateway_adminPortAndAccessLog_tellWhatRuns_andSigtermFirst() throws Exception {
    try (DemoProcess httpbin = DemoProcess.war(here, unpacked, "--httpbin", "v1", "--port", "0")) {
      int httpbinPort = port(httpbin, "httpbin v1 is on ");
      String admin = Integer.toString(DemoProcess.freePort());
      Path log = directory.resolve("access.log");
      try (DemoProcess demo =
              gateway(
                  rulesFor(httpbinPort), "--admin-port", admin, "--access-log", log.toString());
          RawClient client = RawClient.to(port(demo, "the gateway for .* is on "))) {
        assertThat(ask(admin, "/readyz").status()).isEqualTo(200);
        assertThat(ask(admin, "/metrics").text()).contains("espejo_mirroring_enabled 1.0");
        assertThat(ask(admin, "/rules").text()).contains("127.0.0.1:" + httpbinPort);
        assertThat(ask(admin, "/outcomes").text()).contains("\"considered\": 0");
        client.send(RawRequest.get("/delay/2").host("httpbin"));
        await()
            .until(
                () -> RawClient.once(httpbinPort, RawRequest.get("/last")).text(),
                last -> last.contains("/delay/2"));
        demo.signal();
        await().until(() -> ask(admin, "/readyz").status() == 503);
        assertThat(ask(admin, "/healthz").status()).isEqualTo(200);
        assertThat(client.read().status()).isEqualTo(200);
        assertThat(demo.exitCode()).isEqualTo(143);
        assertThat(log)
            .content()
            .contains(" 127.0.0.1 \"GET /delay/2 HTTP/1.1\" 200 ")
            .hasLineCount(1);
      }
    }
    assertThat(entries(unpacked)).isEmpty();
  }

  @Test
  void gateway_tls_speaksHttp2() throws Exception {
    try (DemoProcess httpbin = DemoProcess.war(here, unpacked, "--httpbin", "v1", "--port", "0");
        DemoProcess demo =
            gateway(
                rulesFor(port(httpbin, "httpbin v1 is on ")),
                "--tls-cert",
                TestPem.file(directory, "server.pem").toString(),
                "--tls-key",
                TestPem.file(directory, "server-key.pem").toString())) {
      int port = port(demo, "the gateway for .* is on ");
      HttpResponse<String> answer =
          GatewayHttp2Test.client(HttpClient.Version.HTTP_2, new AtomicReference<>())
              .send(
                  HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/")).build(),
                  BodyHandlers.ofString());
      assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
      // No virtual host has an address for its name.
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(demo.terminate()).isEqualTo(143);
    }
  }

  /** A container brings its own server; who deploys to one has not asked for metrics. */
  @Test
  void war_librariesOfAContainer_haveNoServerAndNoMicrometer() throws Exception {
    try (ZipFile war = new ZipFile(System.getProperty("espejo.demo.war"))) {
      assertThat(war.stream().map(ZipEntry::getName).filter(n -> n.startsWith("WEB-INF/lib/")))
          .hasSizeGreaterThan(5)
          .noneMatch(name -> name.matches(".*(micrometer|prometheus|-server|jersey).*"));
    }
  }

  @Test
  void gateway_rulesBroken_isRefusedWithEveryProblem() throws Exception {
    try (DemoProcess demo = gateway(EXAMPLES.resolve("broken-indentation.yaml"))) {
      assertThat(demo.exitCode()).isEqualTo(1);
      assertThat(demo.printed())
          .anyMatch(line -> line.contains("broken-indentation.yaml:"))
          .noneMatch(line -> line.startsWith("\tat "));
    }
    assertThat(entries(unpacked)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0-httpbin.yaml, 0, ''",
    "1-all-to-v1.yaml, 0, ''",
    "2-mirror-to-v2.yaml, 0, ''",
    "broken-indentation.yaml, 1, 'broken-indentation.yaml:'",
    "absent.yaml, 1, absent.yaml"
  })
  void validate_eachExample_isJudged(String file, int exitCode, String told) throws Exception {
    try (DemoProcess demo =
        DemoProcess.war(here, unpacked, "--validate", EXAMPLES.resolve(file).toString())) {
      assertThat(demo.exitCode()).as("%s", demo.printed()).isEqualTo(exitCode);
      assertThat(String.join("\n", demo.printed())).contains(told);
      if (exitCode == 0) {
        assertThat(demo.out()).containsExactly(EXAMPLES.resolve(file) + ": valid");
      } else {
        assertThat(demo.out()).isEmpty();
      }
    }
    assertThat(entries(unpacked)).isEmpty();
  }

  @Test
  void version_asked_isTheBuilds() throws Exception {
    try (DemoProcess demo = DemoProcess.war(here, unpacked, "--version")) {
      assertThat(demo.exitCode()).isZero();
      assertThat(demo.printed()).hasSize(1).allMatch(line -> line.matches("espejo-demo \\d+\\..*"));
    }
    assertThat(entries(unpacked)).isEmpty();
  }

  @Test
  void walkthrough_portTaken_isToldInOneLine() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        DemoProcess demo =
            DemoProcess.war(
                here,
                unpacked,
                "--v1-port",
                Integer.toString(taken.getLocalPort()),
                "--v2-port",
                "0",
                "--port",
                "0")) {
      assertThat(demo.exitCode()).isEqualTo(1);
      assertThat(demo.printed())
          .containsExactly(
              "espejo-demo: cannot listen on 127.0.0.1:"
                  + taken.getLocalPort()
                  + " (Address already in use); choose another port");
    }
    assertThat(entries(unpacked)).isEmpty();
  }

  @Test
  void launcher_temporaryDirectoryMissing_isToldInOneLine() throws Exception {
    try (DemoProcess demo = DemoProcess.war(here, directory.resolve("missing"), "--version")) {
      assertThat(demo.exitCode()).isEqualTo(1);
      // A newer JVM has a warning of its own about this.
      assertThat(demo.printed())
          .filteredOn(line -> !line.startsWith("WARNING: java.io.tmpdir "))
          .singleElement()
          .asString()
          .startsWith("espejo-demo: cannot unpack into ")
          .contains("-Djava.io.tmpdir=");
    }
  }

  private static String pasted(String... commands) throws IOException, InterruptedException {
    Process shell =
        new ProcessBuilder("/bin/sh", "-c", String.join("\n", commands))
            .redirectErrorStream(true)
            .start();
    String output = new String(shell.getInputStream().readAllBytes(), UTF_8);
    assertThat(shell.waitFor()).as("%s: %s", List.of(commands), output).isZero();
    return output;
  }

  private DemoProcess walkthrough() throws IOException {
    return DemoProcess.war(here, unpacked, "--port", "0", "--v1-port", "0", "--v2-port", "0");
  }

  private DemoProcess gateway(Path rules, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--rules", rules.toString(), "--port", "0"));
    arguments.addAll(List.of(more));
    return DemoProcess.war(here, unpacked, arguments.toArray(String[]::new));
  }

  private static RawAnswer ask(String adminPort, String path) throws IOException {
    return RawClient.once(Integer.parseInt(adminPort), RawRequest.get(path).host("localhost"));
  }

  /** The service with both endpoints on one port. */
  private Path rulesFor(int port) throws IOException {
    String service = Files.readString(EXAMPLES.resolve("0-httpbin.yaml"));
    return Files.writeString(
        directory.resolve("httpbin.yaml"), service.replaceAll("http: 808[12]", "http: " + port));
  }

  private static int port(DemoProcess process, String before) throws InterruptedException {
    return Integer.parseInt(process.awaitOut(before + "127\\.0\\.0\\.1:(\\d+)").group(1));
  }

  private static String lastHost(int v2Port) throws IOException {
    return RawClient.once(v2Port, RawRequest.get("/last"))
        .text()
        .replaceAll("(?s).*\"Host\": \"([^\"]*)\".*", "$1");
  }

  private static List<String> entries(Path path) throws IOException {
    try (Stream<Path> found = Files.list(path)) {
      return found.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
