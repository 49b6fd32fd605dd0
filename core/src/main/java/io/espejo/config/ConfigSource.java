package io.espejo.config;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Where rules come from.
 *
 * <p>Implementations may be called by one thread at a time, and may block for as long as reading
 * takes.
 */
public interface ConfigSource {
  /**
   * All files as they are now.
   *
   * @throws IOException if any of them cannot be read, or all together have more than 16 MiB
   */
  List<RuleFile> read() throws IOException;

  /** For messages: {@code /etc/espejo}. */
  String description();

  /**
   * Something that differs, by {@code equals}, once the files may have changed; cheaper than
   * reading them where that is possible.
   *
   * @throws IOException if it cannot be found out
   */
  default Object stamp() throws IOException {
    return read();
  }

  /**
   * A file; or the files {@code *.yaml}, {@code *.yml} and {@code *.json} of a directory, sorted by
   * name. Links are followed; hidden files and directories below it are not read, so the mount of a
   * Kubernetes ConfigMap is read once.
   */
  static ConfigSource path(Path fileOrDirectory) {
    return new PathSource(fileOrDirectory);
  }

  /**
   * What the setting {@code rules} means: {@code classpath:...} by this loader, or else a file or
   * directory.
   */
  static ConfigSource named(String rules, ClassLoader loader) {
    String prefix = "classpath:";
    return rules.startsWith(prefix)
        ? classpath(loader, rules.substring(prefix.length()))
        : path(Path.of(rules));
  }

  /** These files, for ever. */
  static ConfigSource of(List<RuleFile> files) {
    List<RuleFile> copy = List.copyOf(files);
    return new ConfigSource() {
      @Override
      public List<RuleFile> read() {
        return copy;
      }

      @Override
      public String description() {
        return copy.size() + " files in memory";
      }
    };
  }

  /** A resource, read once and again whenever somebody asks; a change of it is not noticed. */
  static ConfigSource classpath(ClassLoader loader, String resource) {
    return new ConfigSource() {
      @Override
      public List<RuleFile> read() throws IOException {
        URL url = loader.getResource(resource);
        if (url == null) {
          throw new NoSuchFileException(description());
        }
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false); // a cached jar would stay open after undeployment
        try (InputStream in = connection.getInputStream()) {
          byte[] content = in.readNBytes(Rules.MAX_BYTES + 1);
          PathSource.checkSize(content.length, description());
          return List.of(new RuleFile(description(), content));
        }
      }

      @Override
      public String description() {
        return "classpath:" + resource;
      }

      @Override
      public Object stamp() {
        return description();
      }
    };
  }
}
