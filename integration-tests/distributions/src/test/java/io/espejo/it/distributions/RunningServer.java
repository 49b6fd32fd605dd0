package io.espejo.it.distributions;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import io.espejo.testkit.LogWatch;
import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.awaitility.Awaitility;

/** A distribution's process with what is deployed in it; its output goes to a file in target. */
final class RunningServer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(300);
  private static final Duration DEPLOYMENT = Duration.ofSeconds(90);
  private static final Duration STOP = Duration.ofSeconds(20);

  private final Process process;
  private final int port;
  private final Path war;
  private final Path files;
  private final Path log;
  private Optional<JMXConnector> jmx = Optional.empty();

  private RunningServer(Process process, int port, Path war, Path files, Path log) {
    this.process = process;
    this.port = port;
    this.war = war;
    this.files = files;
    this.log = log;
  }

  /**
   * Starts it, without an application.
   *
   * @param http2 whether clients may speak HTTP/2 without TLS, too
   */
  static RunningServer start(Distribution distribution, boolean http2) throws IOException {
    Path parent = Files.createDirectories(Path.of("target", "servers").toAbsolutePath());
    Path base = Files.createTempDirectory(parent, distribution.word());
    int port = freePort();
    Distribution.Launch launch = distribution.prepare(base, port, http2);
    Path log = parent.resolve(base.getFileName() + ".log");
    ProcessBuilder builder = new ProcessBuilder(launch.command());
    builder.environment().putAll(launch.environment());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.directory(base.toFile());
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    builder.redirectInput(new File("/dev/null"));
    Process process = builder.start();
    RunningServer server = new RunningServer(process, port, launch.war(), base, log);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "end-" + base.getFileName()));
    try {
      server.await(START, RawRequest.get("/"), answer -> true);
    } catch (RuntimeException failure) {
      server.close();
      throw failure;
    }
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  int port() {
    return port;
  }

  /** A directory of its own. */
  Path files() {
    return files;
  }

  /** Deploys a WAR at the root, and waits until its answer to that is this. */
  void deploy(Path file, RawRequest asked, Predicate<RawAnswer> deployed) throws IOException {
    Path beside = war.resolveSibling(war.getFileName() + ".part");
    Files.copy(file, beside, StandardCopyOption.REPLACE_EXISTING);
    Files.move(beside, war, StandardCopyOption.ATOMIC_MOVE);
    await(DEPLOYMENT, asked, deployed);
  }

  /** Takes it away, and waits until it has ended. */
  void undeploy(RawRequest asked, Predicate<RawAnswer> gone) throws IOException {
    Files.delete(war);
    await(DEPLOYMENT, asked, gone);
  }

  private void await(Duration atMost, RawRequest asked, Predicate<RawAnswer> condition) {
    Awaitility.await("an answer of the server; its log is " + log)
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> isMet(asked, condition));
  }

  private boolean isMet(RawRequest asked, Predicate<RawAnswer> condition) {
    if (!process.isAlive()) {
      throw new IllegalStateException("the server has ended; its log is " + log);
    }
    try {
      return condition.test(RawClient.once(port, asked));
    } catch (IOException | AssertionError notYet) {
      return false;
    }
  }

  /** What {@code jcmd} says of its JVM. */
  String jcmd(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>();
    all.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    all.add(Long.toString(jvm().pid()));
    all.addAll(List.of(command));
    Process asked = new ProcessBuilder(all).redirectErrorStream(true).start();
    String answer = new String(asked.getInputStream().readAllBytes());
    if (!asked.waitFor(30, TimeUnit.SECONDS) || asked.exitValue() != 0) {
      throw new IOException("jcmd: " + answer);
    }
    return answer;
  }

  /** The threads whose names begin so. */
  List<String> threads(String name) throws IOException {
    try {
      return jcmd("Thread.print").lines().filter(line -> line.startsWith("\"" + name)).toList();
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException(stop.getMessage());
    }
  }

  /** JMX of its JVM. */
  synchronized MBeanServerConnection jmx() throws IOException {
    if (jmx.isEmpty()) {
      try {
        VirtualMachine machine = VirtualMachine.attach(Long.toString(jvm().pid()));
        try {
          JMXServiceURL address = new JMXServiceURL(machine.startLocalManagementAgent());
          jmx = Optional.of(JMXConnectorFactory.connect(address));
        } finally {
          machine.detach();
        }
      } catch (AttachNotSupportedException refused) {
        throw new IOException(refused);
      }
    }
    return jmx.orElseThrow().getMBeanServerConnection();
  }

  /** The lines of its log from now on. */
  LogWatch watchLog() throws IOException {
    long known = Files.size(log);
    return new LogWatch() {
      @Override
      public List<String> messages() {
        try (FileChannel channel = FileChannel.open(log)) {
          InputStream lines = Channels.newInputStream(channel.position(known));
          return new String(lines.readAllBytes(), Charset.defaultCharset()).lines().toList();
        } catch (IOException broken) {
          throw new UncheckedIOException(broken);
        }
      }

      @Override
      public void close() {
        // It is the server's.
      }
    };
  }

  private ProcessHandle jvm() {
    return process
        .descendants()
        .filter(child -> child.info().command().orElse("").endsWith("java"))
        .findFirst()
        .orElseGet(process::toHandle);
  }

  @Override
  public void close() {
    jmx.ifPresent(RunningServer::disconnect);
    jmx = Optional.empty();
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    for (ProcessHandle one : all) {
      try {
        one.onExit().get(STOP.toSeconds(), TimeUnit.SECONDS);
      } catch (Exception slow) {
        one.destroyForcibly();
      }
    }
  }

  private static void disconnect(JMXConnector connector) {
    try {
      connector.close();
    } catch (IOException gone) {
      // So is the server.
    }
  }
}
