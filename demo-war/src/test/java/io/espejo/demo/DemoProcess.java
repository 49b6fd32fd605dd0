package io.espejo.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process whose lines are read as they come; {@link #close} ends it whatever it does. */
final class DemoProcess implements AutoCloseable {
  /** How long a line, or the end, may take: a process starts in 2 s on an idle machine. */
  private static final long PATIENCE_SECONDS = 30;

  private final Process process;
  private final List<Thread> readers;
  private final List<String> printed = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> out = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> err = new LinkedBlockingQueue<>();

  DemoProcess(Path directory, Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
    readers = List.of(reader(process.getInputStream(), out), reader(process.getErrorStream(), err));
  }

  /** A port that was free just now. */
  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return free.getLocalPort();
    }
  }

  /** {@code java -jar espejo-demo.war}, with {@code temporary} as the directory to unpack into. */
  static DemoProcess war(Path directory, Path temporary, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + temporary,
                "-jar",
                System.getProperty("espejo.demo.war")));
    command.addAll(List.of(arguments));
    return new DemoProcess(directory, Map.of(), command);
  }

  /** The lines of stdout that nobody has taken yet. */
  BlockingQueue<String> out() {
    return out;
  }

  /** Takes lines of stdout up to the first that matches. */
  Matcher awaitOut(String regex) throws InterruptedException {
    return await(out, regex);
  }

  /** Takes lines of stderr up to the first that matches. */
  Matcher awaitErr(String regex) throws InterruptedException {
    return await(err, regex);
  }

  /** Waits for the end, and gives the exit code. */
  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .as("ended; it printed %s", printed)
        .isTrue();
    for (Thread reader : readers) {
      reader.join();
    }
    return process.exitValue();
  }

  /** Sends SIGTERM. */
  void signal() {
    process.destroy();
  }

  /** Sends SIGTERM, and gives the exit code. */
  int terminate() throws InterruptedException {
    signal();
    return exitCode();
  }

  /** All lines so far, of both streams. */
  List<String> printed() {
    return printed;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }

  private Matcher await(BlockingQueue<String> lines, String regex) throws InterruptedException {
    Pattern pattern = Pattern.compile(regex);
    for (String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        line != null;
        line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      Matcher matcher = pattern.matcher(line);
      if (matcher.find()) {
        return matcher;
      }
    }
    return fail("no line like %s in %s", regex, printed);
  }

  private Thread reader(InputStream stream, BlockingQueue<String> lines) {
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader text =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = text.readLine(); line != null; line = text.readLine()) {
                  printed.add(line);
                  lines.add(line);
                }
              } catch (IOException ended) {
                // The process was ended while this waited for a line.
              }
            });
    reader.setDaemon(true);
    reader.start();
    return reader;
  }
}
