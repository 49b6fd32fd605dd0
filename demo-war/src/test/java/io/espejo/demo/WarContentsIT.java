package io.espejo.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleFinder;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the packaged WAR says of the jars in it. */
class WarContentsIT {
  private static final Pattern JAR = Pattern.compile("(.+?)-(\\d.*)\\.jar");

  @TempDir Path directory;
  private FileSystem war;

  @BeforeEach
  void openWar() throws IOException {
    war = FileSystems.newFileSystem(Path.of(System.getProperty("espejo.demo.war")));
  }

  @AfterEach
  void closeWar() throws IOException {
    war.close();
  }

  @Test
  void jars_ofOthers_areInTheNoticeAndEachHasATextOfItsLicence() throws IOException {
    List<String> notice = Files.readAllLines(war.getPath("META-INF/NOTICE"));
    List<String> unnamed = new ArrayList<>();
    List<String> withoutText = new ArrayList<>();
    for (Path jar : jars()) {
      Matcher name = JAR.matcher(jar.getFileName().toString());
      assertThat(name.matches()).as(jar.toString()).isTrue();
      String start = ":" + name.group(1) + ":" + name.group(2) + " (";
      String licences = notice.stream().filter(line -> line.contains(start)).findAny().orElse("");
      if (licences.isEmpty()) {
        unnamed.add(jar.toString());
      }
      if (!licences.contains("Apache-2.0")
          && !licences.contains("EPL-2.0")
          && !Files.exists(war.getPath("META-INF/licenses", name.group(1)))
          && entries(jar).noneMatch(entry -> entry.startsWith("META-INF/LICENSE"))) {
        withoutText.add(jar.toString());
      }
    }
    assertThat(unnamed).isEmpty();
    assertThat(withoutText).isEmpty();
  }

  @Test
  void texts_ofTheLicencesMostJarsAreUnder_areThere() throws IOException {
    assertThat(Files.readString(war.getPath("META-INF/LICENSE"))).contains("Apache License");
    assertThat(Files.readString(war.getPath("META-INF/licenses/jakarta.ws.rs-api/LICENSE.md")))
        .contains("Eclipse Public License - v 2.0");
    assertThat(Files.readString(war.getPath("META-INF/licenses/re2j/LICENSE")))
        .contains("The Go Authors");
  }

  @Test
  void jars_ofOurs_haveTheirModuleNameAndLicence() throws IOException {
    List<String> modules = new ArrayList<>();
    try (Stream<Path> lib = Files.list(war.getPath("WEB-INF/lib"))) {
      for (Path jar : lib.filter(WarContentsIT::isOurs).sorted().toList()) {
        assertThat(entries(jar)).as(jar.toString()).contains("META-INF/LICENSE");
        Path copy = Files.copy(jar, directory.resolve(jar.getFileName().toString()));
        ModuleFinder.of(copy).findAll().forEach(found -> modules.add(found.descriptor().name()));
      }
    }
    assertThat(modules).containsExactly("io.espejo.core", "io.espejo.servlet");
  }

  private List<Path> jars() throws IOException {
    try (Stream<Path> files = Files.walk(war.getPath("WEB-INF"))) {
      List<Path> jars =
          files.filter(file -> file.toString().endsWith(".jar") && !isOurs(file)).toList();
      assertThat(jars).hasSizeGreaterThan(40);
      return jars;
    }
  }

  private static boolean isOurs(Path jar) {
    return jar.getFileName().toString().startsWith("espejo-");
  }

  private static Stream<String> entries(Path jar) throws IOException {
    List<String> names = new ArrayList<>();
    try (InputStream bytes = Files.newInputStream(jar);
        ZipInputStream zip = new ZipInputStream(bytes)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        names.add(entry.getName());
      }
    }
    return names.stream();
  }
}
