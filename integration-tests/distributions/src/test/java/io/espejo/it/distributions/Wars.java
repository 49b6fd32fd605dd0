package io.espejo.it.distributions;

import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.War;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The WARs of a user that are deployed. */
final class Wars {
  private static final Path LIBRARIES = Path.of("target", "war-lib");
  private static final Path RESOURCES = Path.of("target", "resources-lib");
  private static final Path CLASSES = Path.of("target", "classes");

  /** What the contracts run on; each test starts the filter with rules and settings of its own. */
  enum Contract {
    GATEWAY(filter("true", "REQUEST", "ASYNC")),
    APPLICATION(EARLIER + filter("true", ALL_DISPATCHERS) + SERVLETS),
    /** Its filter is registered without asynchronous support. */
    WITHOUT_ASYNC(EARLIER + filter("false", ALL_DISPATCHERS) + SERVLETS),
    /** The application without the filter. */
    BARE(EARLIER + SERVLETS);

    private final String elements;

    Contract(String elements) {
      this.elements = elements;
    }
  }

  private static final String[] ALL_DISPATCHERS = {
    "REQUEST", "ASYNC", "FORWARD", "INCLUDE", "ERROR"
  };

  private static final String EARLIER =
      """
      <filter>
        <filter-name>earlier</filter-name>
        <filter-class>io.espejo.it.application.EarlierFilter</filter-class>
        <async-supported>true</async-supported>
      </filter>
      <filter-mapping>
        <filter-name>earlier</filter-name>
        <url-pattern>/*</url-pattern>
      </filter-mapping>
      """;

  private static final String SERVLETS =
      """
      <servlet>
        <servlet-name>reading</servlet-name>
        <servlet-class>io.espejo.it.application.ReadingServlet</servlet-class>
        <async-supported>true</async-supported>
        <multipart-config/>
      </servlet>
      <servlet>
        <servlet-name>named</servlet-name>
        <servlet-class>io.espejo.it.application.LifeServlet</servlet-class>
        <async-supported>true</async-supported>
      </servlet>
      <servlet-mapping>
        <servlet-name>reading</servlet-name>
        <url-pattern>/</url-pattern>
      </servlet-mapping>
      <servlet-mapping>
        <servlet-name>named</servlet-name>
        <url-pattern>/life/*</url-pattern>
      </servlet-mapping>
      <error-page>
        <error-code>418</error-code>
        <location>/life/page-stream</location>
      </error-page>
      <error-page>
        <error-code>422</error-code>
        <location>/life/page-parameter</location>
      </error-page>
      <error-page>
        <exception-type>io.espejo.it.application.LifeServlet$Paged</exception-type>
        <location>/life/page-stream</location>
      </error-page>
      """;

  /** With the words that some servers want to hear of the root, and of ambiguous targets. */
  private static final String JETTY =
      """
      <?xml version="1.0"?>
      <!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd">
      <Configure class="org.eclipse.jetty.%s.webapp.WebAppContext">
        <Get name="servletHandler"><Set name="decodeAmbiguousURIs">true</Set></Get>
        <Get name="errorHandler"><Set name="showStacks">false</Set></Get>
      </Configure>
      """;

  private static final String LIBERTY =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <web-ext xmlns="http://websphere.ibm.com/xml/ns/javaee" version="1.1">
        <context-root uri="/"/>
      </web-ext>
      """;

  private Wars() {}

  /** A gateway: web.xml, rules and jars. */
  static Path gateway(Path directory, RulesYaml rules) throws IOException {
    return packed(War.exploded(directory, LIBRARIES, rules));
  }

  /** An application with rules and jars, and no word of a filter. */
  static Path application(Path directory, RulesYaml rules) throws IOException {
    return packed(War.application(directory, LIBRARIES, rules));
  }

  /** The same application without jars of ours. */
  static Path plain(Path directory) throws IOException {
    Path war = War.application(directory, LIBRARIES, RulesYaml.of());
    Path webInf = war.resolve("WEB-INF");
    Files.delete(webInf.resolve("espejo.yaml"));
    try (Stream<Path> jars = Files.list(webInf.resolve("lib"))) {
      for (Path jar : jars.toList()) {
        if (!jar.getFileName().toString().startsWith("espejo-it-application")) {
          Files.delete(jar);
        }
      }
    }
    return packed(war);
  }

  /** What a contract runs on. */
  static Path contract(Path directory, Contract contract) throws IOException {
    Path war = War.exploded(directory.resolve(contract.name()), LIBRARIES, RulesYaml.of());
    Path webInf = war.resolve("WEB-INF");
    Files.writeString(webInf.resolve("web.xml"), webXml(contract.elements));
    copyClasses(webInf.resolve("classes"));
    return packed(war);
  }

  /** Resources of JAX-RS, and no jar of ours. */
  static Path resources(Path directory) throws IOException {
    Path lib = Files.createDirectories(directory.resolve("WEB-INF/lib"));
    copyJars(RESOURCES, lib, name -> name.startsWith("espejo-it-"));
    return packed(directory);
  }

  /**
   * Resources of JAX-RS with our jars, and what tells a test of them.
   *
   * @param elements of the web.xml
   * @param files below {@code WEB-INF/classes}, by their names
   */
  static Path resources(Path directory, String elements, Map<String, String> files)
      throws IOException {
    Path webInf = Files.createDirectories(directory.resolve("WEB-INF"));
    Path lib = Files.createDirectories(webInf.resolve("lib"));
    copyJars(RESOURCES, lib, name -> true);
    copyJars(LIBRARIES, lib, name -> !name.startsWith("espejo-it-"));
    Path classes = webInf.resolve("classes");
    copyClasses(classes);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path own = classes.resolve(file.getKey());
      Files.createDirectories(own.getParent());
      Files.writeString(own, file.getValue());
    }
    Files.writeString(
        webInf.resolve("web.xml"),
        // Before all others, which need not hear of it.
        webXml(
            filter(
                    ControlledFilter.class.getName(),
                    Map.of(),
                    "true",
                    ControlledFilter.PATH,
                    "REQUEST")
                + elements));
    return packed(directory);
  }

  private static void copyJars(Path from, Path lib, Predicate<String> which) throws IOException {
    try (Stream<Path> jars = Files.list(from)) {
      for (Path jar : jars.toList()) {
        if (which.test(jar.getFileName().toString())) {
          Files.copy(jar, lib.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private static void copyClasses(Path to) throws IOException {
    try (Stream<Path> classes = Files.walk(CLASSES)) {
      for (Path file : classes.filter(Files::isRegularFile).toList()) {
        Path own = to.resolve(CLASSES.relativize(file).toString());
        Files.createDirectories(own.getParent());
        Files.copy(file, own);
      }
    }
  }

  private static String filter(String async, String... dispatchers) {
    return filter(ControlledFilter.class.getName(), Map.of(), async, "/*", dispatchers);
  }

  /** A filter in a web.xml. */
  static String filter(
      String type,
      Map<String, String> parameters,
      String async,
      String path,
      String... dispatchers) {
    StringBuilder text = new StringBuilder();
    for (String dispatcher : List.of(dispatchers)) {
      text.append("<dispatcher>").append(dispatcher).append("</dispatcher>\n");
    }
    StringBuilder params = new StringBuilder();
    parameters.forEach(
        (name, value) ->
            params.append(
                "<init-param><param-name>%s</param-name><param-value>%s</param-value></init-param>%n"
                    .formatted(name, value)));
    return """
    <filter>
      <filter-name>%1$s</filter-name>
      <filter-class>%1$s</filter-class>
      <async-supported>%2$s</async-supported>
      %3$s
    </filter>
    <filter-mapping>
      <filter-name>%1$s</filter-name>
      <url-pattern>%4$s</url-pattern>
      %5$s
    </filter-mapping>
    """
        .formatted(type, async, params, path, text);
  }

  private static String webXml(String elements) {
    return """
    <?xml version="1.0" encoding="UTF-8"?>
    <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
    %s
    </web-app>
    """
        .formatted(elements);
  }

  private static Path packed(Path exploded) throws IOException {
    Path webInf = exploded.resolve("WEB-INF");
    Files.writeString(webInf.resolve("jetty-ee10-web.xml"), JETTY.formatted("ee10"));
    Files.writeString(webInf.resolve("jetty-ee11-web.xml"), JETTY.formatted("ee11"));
    Files.writeString(webInf.resolve("ibm-web-ext.xml"), LIBERTY);
    return War.zipped(exploded.resolveSibling(exploded.getFileName() + ".war"), exploded);
  }
}
