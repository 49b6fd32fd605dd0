package io.espejo.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Runs the WAR by itself: unpacks its jars into a temporary directory, which is removed at the end,
 * and hands over to {@code DemoCommand} in them.
 *
 * <p>The only class that lies at the WAR's root, so it knows no type but the JDK's: the command is
 * a {@code Callable} of its exit code, ended by {@code close}.
 */
public final class Launcher {
  private static final String COMMAND = "io.espejo.demo.DemoCommand";

  private final List<AutoCloseable> open = new ArrayList<>();
  private boolean stopped;

  private Launcher() {}

  public static void main(String[] arguments) throws Exception {
    Launcher launcher = new Launcher();
    Runtime.getRuntime().addShutdownHook(new Thread(launcher::stop, "espejo-stop"));
    int exitCode = 1;
    try {
      exitCode = launcher.start(arguments).call();
    } catch (IOException failure) {
      System.err.println("espejo-demo: " + failure.getMessage());
    }
    System.exit(exitCode);
  }

  /** Holds the lock that {@link #stop} needs, so that a signal finds all of it or nothing. */
  private synchronized Callable<Integer> start(String[] arguments) throws Exception {
    if (stopped) {
      return () -> 1;
    }
    Path war = Path.of(Launcher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (!Files.isRegularFile(war)) {
      throw new IOException("not started from the WAR but from " + war);
    }
    Path directory = temporaryDirectory();
    open.add(() -> delete(directory));
    URLClassLoader loader =
        new URLClassLoader(unpack(war, directory), ClassLoader.getPlatformClassLoader());
    open.add(loader);
    Thread.currentThread().setContextClassLoader(loader);
    Object command =
        loader.loadClass(COMMAND).getConstructor(String[].class).newInstance((Object) arguments);
    open.add((AutoCloseable) command);
    @SuppressWarnings("unchecked")
    Callable<Integer> call = (Callable<Integer>) command;
    return call;
  }

  private synchronized void stop() {
    stopped = true;
    for (int index = open.size() - 1; index >= 0; index--) {
      try {
        open.get(index).close();
      } catch (Exception failure) {
        System.err.println("espejo-demo: " + failure);
      }
    }
  }

  private static Path temporaryDirectory() throws IOException {
    try {
      return Files.createTempDirectory("espejo-demo-");
    } catch (IOException failure) {
      throw cannotUnpack(failure);
    }
  }

  private static URL[] unpack(Path war, Path directory) throws IOException {
    List<URL> jars = new ArrayList<>();
    try (ZipFile zip = new ZipFile(war.toFile())) {
      for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(ZipEntry.class::cast)::iterator) {
        String name = entry.getName();
        if (name.matches("WEB-INF/(lib|server)/[^/]+\\.jar")) {
          Path jar = directory.resolve(name.substring(name.lastIndexOf('/') + 1));
          try (InputStream content = zip.getInputStream(entry)) {
            Files.copy(content, jar);
          }
          jars.add(jar.toUri().toURL());
        }
      }
    } catch (IOException failure) {
      throw cannotUnpack(failure);
    }
    return jars.toArray(new URL[0]);
  }

  private static IOException cannotUnpack(IOException failure) {
    return new IOException(
        "cannot unpack into "
            + System.getProperty("java.io.tmpdir")
            + " ("
            + failure
            + "); name another directory with java -Djava.io.tmpdir=DIRECTORY -jar",
        failure);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(file);
      }
    }
  }
}
