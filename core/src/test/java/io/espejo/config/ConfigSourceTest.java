package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigSourceTest {
  @TempDir Path directory;

  @Test
  void directory_manyFiles_readsRuleFilesSortedByName() throws Exception {
    for (String name :
        List.of("b.yml", "a.yaml", "c.json", ".d.yaml", "e.txt", "f.yaml~", "yaml", ".yaml")) {
      Files.writeString(directory.resolve(name), name);
    }
    Files.createDirectory(directory.resolve("g.yaml"));
    Files.createDirectory(directory.resolve("h"));
    Files.writeString(directory.resolve("h/i.yaml"), "i");
    assertThat(ConfigSource.path(directory).read())
        .containsExactly(file("a.yaml"), file("b.yml"), file("c.json"));
    assertThat(ConfigSource.path(directory).description()).isEqualTo(directory.toString());
  }

  @Test
  void directory_mountedConfigMap_isReadOnce() throws Exception {
    Path data = Files.createDirectory(directory.resolve("..2026_11_23"));
    Files.writeString(data.resolve("a.yaml"), "a.yaml");
    Files.createSymbolicLink(directory.resolve("..data"), Path.of("..2026_11_23"));
    Files.createSymbolicLink(directory.resolve("a.yaml"), Path.of("..data/a.yaml"));
    assertThat(ConfigSource.path(directory).read()).containsExactly(file("a.yaml"));
  }

  @Test
  void directory_empty_hasNoFiles() throws Exception {
    assertThat(ConfigSource.path(directory).read()).isEmpty();
  }

  @Test
  void directory_linkToNowhere_failsInsteadOfLosingRules() throws Exception {
    Files.createSymbolicLink(directory.resolve("a.yaml"), Path.of("nowhere"));
    assertThatThrownBy(() -> ConfigSource.path(directory).read())
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void file_anyName_isRead() throws Exception {
    Path file = Files.writeString(directory.resolve("rules"), "rules");
    assertThat(ConfigSource.path(file).read()).containsExactly(file("rules"));
  }

  @Test
  void path_absent_fails() {
    assertThatThrownBy(() -> ConfigSource.path(directory.resolve("x.yaml")).read())
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void files_over16MiB_fail() throws Exception {
    sparse("a.yaml", 10 << 20);
    sparse("b.yaml", 6 << 20);
    assertThat(ConfigSource.path(directory).read()).hasSize(2);
    sparse("c.yaml", 1);
    assertThatThrownBy(() -> ConfigSource.path(directory).read())
        .isInstanceOf(IOException.class)
        .hasMessage(directory + ": more than 16 MiB in all files");
  }

  @Test
  void stamp_fileRewrittenWithItsOldTime_differs() throws Exception {
    Path file = Files.writeString(directory.resolve("a.yaml"), "one");
    FileTime time = Files.getLastModifiedTime(file);
    ConfigSource source = ConfigSource.path(directory);
    Object before = source.stamp();
    assertThat(source.stamp()).isEqualTo(before);
    Path other = Files.writeString(directory.resolve("other"), "two");
    Files.setLastModifiedTime(other, time);
    Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(source.stamp()).isNotEqualTo(before);
  }

  @Test
  void classpath_resource_isRead() throws Exception {
    Files.writeString(directory.resolve("rules.yaml"), "x");
    try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()}, null)) {
      ConfigSource source = ConfigSource.classpath(loader, "rules.yaml");
      assertThat(source.read())
          .containsExactly(new RuleFile("classpath:rules.yaml", new byte[] {'x'}));
      assertThatThrownBy(() -> ConfigSource.classpath(loader, "no.yaml").read())
          .isInstanceOf(NoSuchFileException.class)
          .hasMessage("classpath:no.yaml");
    }
  }

  @Test
  void of_files_givesThem() throws Exception {
    List<RuleFile> files = List.of(Texts.file("a.yaml", "a"));
    assertThat(ConfigSource.of(files).read()).isEqualTo(files);
    assertThat(ConfigSource.of(files).stamp()).isEqualTo(ConfigSource.of(files).stamp());
  }

  private RuleFile file(String name) {
    return new RuleFile(directory.resolve(name).toString(), name.getBytes(StandardCharsets.UTF_8));
  }

  private void sparse(String name, int length) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(directory.resolve(name).toFile(), "rw")) {
      file.setLength(length);
    }
  }
}
