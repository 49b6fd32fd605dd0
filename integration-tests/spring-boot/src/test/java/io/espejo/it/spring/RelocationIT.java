package io.espejo.it.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espejo.Espejo;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of the relocated filter: what may meet others on a class path. */
class RelocationIT {
  private static final Pattern OURS = Pattern.compile("(META-INF/versions/\\d+/)?io/espejo/.*");
  private static final Pattern FOREIGN =
      Pattern.compile("org[./]eclipse[./]jetty|org[./]snakeyaml|com[./]google[./]re2j");

  private final File jar =
      new File(Espejo.class.getProtectionDomain().getCodeSource().getLocation().getPath());

  @BeforeEach
  void needRelocation() {
    assumeTrue(jar.getName().contains("servlet-filter-all"), "the plain filter is in use here");
  }

  @Test
  void classes_areAllUnderOurName() throws IOException {
    try (JarFile all = new JarFile(jar)) {
      List<String> names = all.stream().map(JarEntry::getName).toList();

      assertThat(names)
          .filteredOn(name -> name.endsWith(".class") && !OURS.matcher(name).matches())
          .isEmpty();
      assertThat(names)
          .contains(
              "META-INF/web-fragment.xml",
              "META-INF/services/jakarta.servlet.ServletContainerInitializer");
    }
  }

  @Test
  void names_inClassesAndServices_areTheRelocatedOnes() throws IOException {
    List<String> foreign = new ArrayList<>();
    try (JarFile all = new JarFile(jar)) {
      for (JarEntry entry : Collections.list(all.entries())) {
        String name = entry.getName();
        if (name.endsWith(".class") || name.startsWith("META-INF/services/")) {
          byte[] bytes = all.getInputStream(entry).readAllBytes();
          String text = name + new String(bytes, StandardCharsets.ISO_8859_1);
          if (FOREIGN.matcher(text).find()) {
            foreign.add(name);
          }
        }
      }
    }
    assertThat(foreign).isEmpty();
  }

  @Test
  void manifest_hasTheModulesName() {
    ModuleReference module = ModuleFinder.of(jar.toPath()).findAll().iterator().next();

    assertThat(module.descriptor().name()).isEqualTo("io.espejo.servlet.all");
    assertThat(module.descriptor().packages()).contains("io.espejo.shaded.jetty.client");
  }

  @Test
  void notice_namesEachLibraryInside_andTheirTextsAreThere() throws IOException {
    try (JarFile all = new JarFile(jar)) {
      assertThat(text(all, "META-INF/NOTICE"))
          .contains(
              "org.eclipse.jetty:jetty-client:",
              "org.eclipse.jetty.http2:jetty-http2-client:",
              "org.snakeyaml:snakeyaml-engine:",
              "com.google.re2j:re2j:")
          .doesNotContain("org.slf4j");
      assertThat(text(all, "META-INF/LICENSE")).contains("Apache License");
      assertThat(text(all, "META-INF/licenses/re2j/LICENSE")).contains("The Go Authors");
      assertThat(text(all, "META-INF/licenses/jetty/NOTICE.txt")).contains("Eclipse Jetty");
    }
  }

  private static String text(JarFile jar, String name) throws IOException {
    return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
  }
}
