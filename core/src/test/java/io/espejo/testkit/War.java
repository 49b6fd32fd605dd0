package io.espejo.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A gateway's WAR as a user makes it: a web.xml, rules, and our jars with what they need. */
public final class War {
  private static final String WEB_XML =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <filter>
          <filter-name>espejo</filter-name>
          <filter-class>io.espejo.servlet.MirrorFilter</filter-class>
          <async-supported>true</async-supported>
          <init-param>
            <param-name>rules</param-name>
            <param-value>/WEB-INF/rules</param-value>
          </init-param>
        </filter>
        <filter-mapping>
          <filter-name>espejo</filter-name>
          <url-pattern>/*</url-pattern>
        </filter-mapping>
      </web-app>
      """;

  /** An application that has no filter of ours, and answers itself. */
  private static final String APPLICATION_XML =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <context-param>
          <param-name>espejo.local</param-name>
          <param-value>httpbin/v1</param-value>
        </context-param>
        <servlet>
          <servlet-name>reading</servlet-name>
          <servlet-class>io.espejo.it.application.ReadingServlet</servlet-class>
          <async-supported>true</async-supported>
        </servlet>
        <servlet-mapping>
          <servlet-name>reading</servlet-name>
          <url-pattern>/</url-pattern>
        </servlet-mapping>
      </web-app>
      """;

  private War() {}

  /** An application with our jars and rules, and no word of a filter. */
  public static Path application(Path directory, Path libraries, RulesYaml rules)
      throws IOException {
    exploded(directory, libraries, rules);
    Path webInf = directory.resolve("WEB-INF");
    Files.writeString(webInf.resolve("web.xml"), APPLICATION_XML);
    Files.move(webInf.resolve("rules/httpbin.yaml"), webInf.resolve("espejo.yaml"));
    Files.delete(webInf.resolve("rules"));
    return directory;
  }

  /** Unpacked, below {@code directory}; {@code libraries} is a directory of jars. */
  public static Path exploded(Path directory, Path libraries, RulesYaml rules) throws IOException {
    Path webInf = Files.createDirectories(directory.resolve("WEB-INF"));
    Files.writeString(webInf.resolve("web.xml"), WEB_XML);
    Files.writeString(
        Files.createDirectories(webInf.resolve("rules")).resolve("httpbin.yaml"), rules.text());
    Path lib = Files.createDirectories(webInf.resolve("lib"));
    for (Path jar : files(libraries)) {
      Files.copy(jar, lib.resolve(jar.getFileName()));
    }
    return directory;
  }

  /** The same as one file. */
  public static Path zipped(Path file, Path exploded) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Path member : files(exploded)) {
        zip.putNextEntry(new ZipEntry(exploded.relativize(member).toString().replace('\\', '/')));
        Files.copy(member, zip);
      }
    }
    return file;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
