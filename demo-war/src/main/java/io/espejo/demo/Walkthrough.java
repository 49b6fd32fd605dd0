package io.espejo.demo;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The walk-through's files: a directory of examples, with the rules in force in {@code rules} below
 * it.
 *
 * <p>{@link #close} removes what the reader has not changed.
 */
final class Walkthrough implements AutoCloseable {
  private static final String SERVICE = "0-httpbin.yaml";
  private static final List<String> EXAMPLES =
      List.of("1-all-to-v1.yaml", "2-mirror-to-v2.yaml", "broken-indentation.yaml");

  private final Path directory;
  private final Map<String, String> contents;

  private Walkthrough(Path directory, Map<String, String> contents) {
    this.directory = directory;
    this.contents = contents;
  }

  /**
   * Writes what is missing into {@code named}; without a name into {@code espejo-demo} in the
   * current directory, or, if that cannot be written, into a new temporary one.
   */
  static Walkthrough create(Optional<Path> named, int v1Port, int v2Port) throws IOException {
    Map<String, String> contents = new LinkedHashMap<>();
    contents.put(
        SERVICE,
        resource(SERVICE)
            .replace("http: 8081", "http: " + v1Port)
            .replace("http: 8082", "http: " + v2Port));
    for (String example : EXAMPLES) {
      contents.put(example, resource(example));
    }
    Path directory = named.orElse(Path.of("espejo-demo")).toAbsolutePath().normalize();
    try {
      return new Walkthrough(directory, contents).write();
    } catch (IOException failure) {
      if (named.isPresent()) {
        throw new IOException("cannot write the rules into " + directory + ": " + failure, failure);
      }
      return new Walkthrough(Files.createTempDirectory("espejo-demo-rules-"), contents).write();
    }
  }

  /** The directory that the gateway follows. */
  Path rules() {
    return directory.resolve("rules");
  }

  /** What there is to try, as commands that work as pasted. */
  String text(GatewayOptions options, int gatewayPort, int v1Port, int v2Port) throws IOException {
    InetAddress bound = InetAddress.getByName(options.host());
    String address = bound.isAnyLocalAddress() ? "127.0.0.1" : bound.getHostAddress();
    String text =
        """
        httpbin v1 is on 127.0.0.1:%2$d and v2 on 127.0.0.1:%3$d; the gateway to both is on %5$s:%1$d.
        It follows the rules in %6$s while it runs. In another terminal:

          cd %4$s

        1. No route yet: v1 and v2 take turns in the log below
          curl --resolve httpbin:%1$d:%5$s http://httpbin:%1$d/headers
        2. All to v1 (give every change up to 2 s, then send the request again)
          cp 1-all-to-v1.yaml rules/
        3. A copy of each request to v2: both log it, the client sees v1's answer only
          cp 2-mirror-to-v2.yaml rules/
        4. What v2 received last: its Host is httpbin-shadow:%1$d
          curl http://127.0.0.1:%3$d/last
        5. One request in two; then a broken file, which is refused while the old rules stay
          sed 's/value: 100.0/value: 50.0/' 2-mirror-to-v2.yaml > rules/2-mirror-to-v2.yaml
          cp broken-indentation.yaml rules/
        6. Clean up: v1 and v2 take turns again
          rm rules/1-all-to-v1.yaml rules/2-mirror-to-v2.yaml rules/broken-indentation.yaml

        Ctrl-C ends it.
        """
            .formatted(gatewayPort, v1Port, v2Port, quoted(directory), address, quoted(rules()));
    if (options.tls().isPresent()) {
      Path certificate = options.tls().get().certificate().toAbsolutePath();
      text =
          text.replace("curl --resolve", "curl --cacert " + quoted(certificate) + " --resolve")
              .replace("http://httpbin", "https://httpbin");
    }
    Set<String> earlier = files(rules());
    earlier.remove(SERVICE);
    return earlier.isEmpty()
        ? text
        : text + "Rules of an earlier run are in force: " + String.join(", ", earlier) + "\n";
  }

  /** Removes the files that are as they were written, then the directories if they are empty. */
  @Override
  public void close() throws IOException {
    for (Path place : List.of(rules(), directory)) {
      if (Files.notExists(place)) {
        continue;
      }
      for (String name : files(place)) {
        Path file = place.resolve(name);
        if (Files.size(file) < 10_000 && contents.containsValue(Files.readString(file))) {
          Files.delete(file);
        }
      }
      try (Stream<Path> left = Files.list(place)) {
        if (left.findAny().isEmpty()) {
          Files.delete(place);
        }
      }
    }
  }

  private Walkthrough write() throws IOException {
    Files.createDirectories(rules());
    writeIfAbsent(rules(), SERVICE);
    for (String example : EXAMPLES) {
      writeIfAbsent(directory, example);
    }
    return this;
  }

  private void writeIfAbsent(Path place, String name) throws IOException {
    Path file = place.resolve(name);
    if (Files.notExists(file)) {
      Files.writeString(file, contents.getOrDefault(name, ""));
    }
  }

  private static Set<String> files(Path place) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> entries = Files.list(place)) {
      entries
          .filter(Files::isRegularFile)
          .forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  private static String quoted(Path path) {
    String text = path.toString();
    return text.matches("[\\w./:\\\\-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  private static String resource(String name) throws IOException {
    try (InputStream content = Walkthrough.class.getResourceAsStream("walkthrough/" + name)) {
      if (content == null) {
        throw new IOException("no " + name + " beside " + Walkthrough.class);
      }
      return new String(content.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
