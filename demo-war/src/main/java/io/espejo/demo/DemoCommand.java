package io.espejo.demo;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import io.espejo.config.Rules;
import io.espejo.config.RulesException;
import io.espejo.demo.DemoServer.InPlace;
import io.espejo.exchange.MirrorListener;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.LogManager;
import picocli.CommandLine;

/**
 * What {@code java -jar espejo-demo.war} runs: {@link #call} starts what the arguments ask for and
 * blocks until {@link #close}.
 *
 * <p>The exit code is 0, 1 for a failure, told on stderr in a line, or 2 for wrong arguments. Any
 * thread may close, at any time; it waits for a start that is under way, and up to 30 s for
 * requests that run.
 */
public final class DemoCommand implements Callable<Integer>, AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";

  private final String[] arguments;
  private final PrintStream out;
  private final PrintStream err;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** The command with these arguments, on the process's own streams. */
  public DemoCommand(String... arguments) {
    this(arguments, System.out, System.err);
  }

  DemoCommand(String[] arguments, PrintStream out, PrintStream err) {
    this.arguments = arguments.clone();
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() {
    return new CommandLine(new DemoOptions(this))
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .setParameterExceptionHandler(
            (wrong, given) -> {
              err.println("espejo-demo: " + message(wrong) + " (see --help)");
              return CommandLine.ExitCode.USAGE;
            })
        .setExecutionExceptionHandler(
            (failure, commandLine, parsed) -> {
              err.println("espejo-demo: " + message(failure));
              return CommandLine.ExitCode.SOFTWARE;
            })
        .execute(arguments);
  }

  /** Both versions of httpbin, the gateway before them, and the walk-through's files. */
  int walkthrough(Optional<Path> named, GatewayOptions options, int v1Port, int v2Port)
      throws Exception {
    return serve(
        () -> {
          DemoServer v2 = opened(unmirrored("v2", v2Port));
          DemoServer v1 = opened(unmirrored("v1", v1Port));
          Walkthrough files = Walkthrough.create(named, v1.port(), v2.port());
          open.push(files);
          DemoServer gateway = openGateway(files.rules(), options);
          v2.start();
          v1.start();
          gateway.start();
          out.print(files.text(options, gateway.port(), v1.port(), v2.port()));
        });
  }

  int gateway(Path rules, GatewayOptions options) throws Exception {
    return serve(
        () -> {
          DemoServer gateway = openGateway(rules, options);
          gateway.start();
          out.printf("the gateway for %s is on %s:%d%n", rules, options.host(), gateway.port());
        });
  }

  private DemoServer unmirrored(String version, int port) {
    return DemoServer.httpbin(version, LOOPBACK, port, out, Optional.empty(), InPlace.FILTER);
  }

  /** With rules, it is {@code local} in them, and mirrors what it answers. */
  int httpbin(String version, String host, int port, Optional<Path> rules, String local, InPlace by)
      throws Exception {
    return serve(
        () -> {
          Optional<Espejo> mirror = Optional.empty();
          if (rules.isPresent()) {
            mirror = Optional.of(espejo(rules.get(), MirrorListener.NONE, Optional.of(local)));
          }
          DemoServer httpbin = opened(DemoServer.httpbin(version, host, port, out, mirror, by));
          httpbin.start();
          out.printf("httpbin %s is on %s:%d%n", version, host, httpbin.port());
          rules.ifPresent(
              path -> out.printf("it is %s in %s, and mirrors in place%n", local, path));
        });
  }

  /** Checks rules without running them; says every problem and warning on stderr. */
  int validate(Path rules, Optional<String> local) throws IOException {
    try {
      Rules.compile(ConfigSource.path(rules).read(), settings(local).rules())
          .warnings()
          .forEach(err::println);
      out.println(rules + ": valid");
      return CommandLine.ExitCode.OK;
    } catch (RulesException refused) {
      refused.problems().forEach(err::println);
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  /** Not ready from the first moment on; then what was opened last ends first. */
  @Override
  public void close() {
    closed.countDown();
    closeAll();
  }

  private synchronized void closeAll() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception failure) {
        err.println("espejo-demo: " + message(failure));
      }
    }
  }

  private interface Start {
    void run() throws Exception;
  }

  private int serve(Start start) throws Exception {
    configureLogging();
    synchronized (this) {
      if (closed.getCount() > 0) {
        start.run();
      }
    }
    closed.await();
    return 0;
  }

  /** What an operator looks at is opened first, so that it ends last. */
  private DemoServer openGateway(Path rules, GatewayOptions options) throws Exception {
    Optional<AdminHandler> pages = Optional.empty();
    if (options.adminPort().isPresent()) {
      AdminHandler shown = new AdminHandler(() -> closed.getCount() == 0);
      DemoServer admin = opened(DemoServer.admin(shown, options.adminPort().getAsInt()));
      admin.start();
      out.printf("metrics, health, rules and outcomes are on 127.0.0.1:%d%n", admin.port());
      pages = Optional.of(shown);
    }
    Optional<ServerCertificate> certificate = Optional.empty();
    if (options.tls().isPresent()) {
      ServerCertificate followed = ServerCertificate.open(options.tls().get());
      open.push(followed);
      certificate = Optional.of(followed);
    }
    Optional<GatewayLog> log = Optional.empty();
    if (options.accessLog().isPresent()) {
      GatewayLog written = GatewayLog.open(options.accessLog().get(), out);
      open.push(written);
      pages.ifPresent(shown -> shown.show(written));
      log = Optional.of(written);
    }
    Espejo espejo =
        espejo(rules, log.isPresent() ? log.get() : MirrorListener.NONE, Optional.empty());
    pages.ifPresent(shown -> shown.show(espejo));
    DemoServer gateway = DemoServer.gateway(espejo, options, certificate, log);
    pages.ifPresent(shown -> shown.show(gateway.limited()));
    return opened(gateway);
  }

  private DemoServer opened(DemoServer server) throws IOException {
    open.push(server);
    server.open();
    return server;
  }

  /** The rules at this path. */
  private Espejo espejo(Path rules, MirrorListener listener, Optional<String> local)
      throws IOException, RulesException {
    Espejo espejo = Espejo.open(ConfigSource.path(rules), settings(local), listener);
    open.push(espejo);
    return espejo;
  }

  /** What this is comes from its command line; all else may be the process's. */
  private static Settings settings(Optional<String> local) {
    return Settings.from(name -> name.equals("local") ? local : Settings.ofProcess(name));
  }

  private static String message(Exception failure) {
    return Optional.ofNullable(failure.getMessage()).orElseGet(failure::toString);
  }

  private static void configureLogging() throws IOException {
    if (System.getProperty("java.util.logging.config.file") == null
        && System.getProperty("java.util.logging.config.class") == null) {
      try (InputStream defaults = DemoCommand.class.getResourceAsStream("logging.properties")) {
        LogManager.getLogManager().readConfiguration(defaults);
      }
    }
  }
}
