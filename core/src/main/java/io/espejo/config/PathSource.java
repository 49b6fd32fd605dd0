package io.espejo.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** See {@link ConfigSource#path}. */
final class PathSource implements ConfigSource {
  private static final Pattern RULE_FILE = Pattern.compile("[^.].*\\.(yaml|yml|json)");

  private final Path path;

  PathSource(Path path) {
    this.path = path;
  }

  /** What tells one state of a file from another without reading it. */
  private record FileState(Path path, long size, FileTime modified, Object changed, Object key) {}

  @Override
  public List<RuleFile> read() throws IOException {
    List<RuleFile> files = new ArrayList<>();
    int rest = Rules.MAX_BYTES;
    for (Path file : files()) {
      try (InputStream in = Files.newInputStream(file)) {
        byte[] content = in.readNBytes(rest + 1);
        checkSize(content.length + Rules.MAX_BYTES - rest, description());
        rest -= content.length;
        files.add(new RuleFile(file.toString(), content));
      }
    }
    return files;
  }

  static void checkSize(int bytes, String description) throws IOException {
    if (bytes > Rules.MAX_BYTES) {
      throw new IOException(description + ": more than 16 MiB in all files");
    }
  }

  @Override
  public Object stamp() throws IOException {
    List<FileState> states = new ArrayList<>();
    for (Path file : files()) {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      states.add(
          new FileState(
              file,
              attributes.size(),
              attributes.lastModifiedTime(),
              statusChange(file),
              Objects.requireNonNullElse(attributes.fileKey(), "")));
    }
    return states;
  }

  /** Changes even when a tool sets the time of modification back. */
  private static Object statusChange(Path file) throws IOException {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix")
        ? Files.getAttribute(file, "unix:ctime")
        : "";
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        // A link that leads nowhere stays in the list: to read it fails, and the old rules stay.
        boolean readable = Files.isRegularFile(entry) || Files.notExists(entry);
        if (readable && RULE_FILE.matcher(entry.getFileName().toString()).matches()) {
          files.add(entry);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    files.sort(null);
    return files;
  }

  @Override
  public String description() {
    return path.toString();
  }
}
