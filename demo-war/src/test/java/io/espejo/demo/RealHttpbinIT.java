package io.espejo.demo;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The walk-through with the httpbin it was written for, psf/httpbin under gunicorn.
 *
 * <p>Skipped where there is no Python, or no registry to install httpbin from.
 */
@Timeout(300)
class RealHttpbinIT {
  private static final List<String> PACKAGES = List.of("httpbin==0.10.4", "gunicorn==27.0.1");
  private static final Path EXAMPLES =
      Path.of("src/main/resources/io/espejo/demo/walkthrough").toAbsolutePath();
  private static final Path PYTHON = Path.of("target/httpbin-venv").toAbsolutePath();

  /** gunicorn's default, with the Host that step 4 is about. */
  private static final String FORMAT =
      "%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" %({host}i)s";

  @TempDir Path directory;

  @BeforeAll
  static void install() throws IOException, InterruptedException {
    Path installed = PYTHON.resolve("installed");
    if (Files.exists(installed)) {
      return;
    }
    assumeTrue(
        succeeds(List.of("python3", "-m", "venv", PYTHON.toString())), "no python3 with venv here");
    List<String> install =
        new ArrayList<>(
            List.of(
                PYTHON.resolve("bin/python").toString(),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--retries",
                "0"));
    install.addAll(PACKAGES);
    assumeTrue(succeeds(install), "pip cannot install " + PACKAGES + " here");
    Files.createFile(installed);
  }

  @Test
  void walkthrough_realHttpbin_sixStepsGiveWhatTheyShould() throws Exception {
    int v1Port = DemoProcess.freePort();
    int v2Port = DemoProcess.freePort();
    Path rules = Files.createDirectory(directory.resolve("rules"));
    Files.writeString(
        rules.resolve("0-httpbin.yaml"),
        Files.readString(EXAMPLES.resolve("0-httpbin.yaml"))
            .replace("http: 8081", "http: " + v1Port)
            .replace("http: 8082", "http: " + v2Port));
    try (DemoProcess v1 = gunicorn(v1Port);
        DemoProcess v2 = gunicorn(v2Port);
        DemoProcess gateway =
            DemoProcess.war(directory, directory, "--rules", rules.toString(), "--port", "0")) {
      v1.awaitErr("Listening at");
      v2.awaitErr("Listening at");
      int port = Integer.parseInt(gateway.awaitOut("the gateway for .*:(\\d+)$").group(1));
      BlockingQueue<String> log = new LinkedBlockingQueue<>();
      AtomicReference<String> last = new AtomicReference<>("");
      prefix("v1 ", v1, log, new AtomicReference<>());
      prefix("v2 ", v2, log, last);
      new WalkthroughSteps(
              gateway,
              port,
              EXAMPLES,
              rules,
              log,
              () -> last.get().substring(last.get().lastIndexOf(' ') + 1))
          .walk();
    }
  }

  /** What {@code demo-war} does itself: each line after its version, in one log. */
  private static void prefix(
      String version, DemoProcess from, BlockingQueue<String> to, AtomicReference<String> last) {
    Thread pump =
        new Thread(
            () -> {
              try {
                while (true) {
                  String line = from.out().take();
                  last.set(line);
                  to.add(version + line);
                }
              } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
              }
            });
    pump.setDaemon(true);
    pump.start();
  }

  private DemoProcess gunicorn(int port) throws IOException {
    return new DemoProcess(
        directory,
        // Its control socket lies below HOME.
        Map.of("HOME", Files.createDirectory(directory.resolve("home-" + port)).toString()),
        List.of(
            PYTHON.resolve("bin/gunicorn").toString(),
            "--access-logfile",
            "-",
            "--access-logformat",
            FORMAT,
            "-b",
            "127.0.0.1:" + port,
            "httpbin:app"));
  }

  private static boolean succeeds(List<String> command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(120, TimeUnit.SECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
      return false;
    } catch (IOException noSuchProgram) {
      return false;
    }
  }
}
