package io.espejo.it.distributions;

import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.War;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The WARs of a user that are deployed. */
final class Wars {
  private static final Path LIBRARIES = Path.of("target", "war-lib");

  /** With the words that some servers want to hear of the root, and of ambiguous targets. */
  private static final String JETTY =
      """
      <?xml version="1.0"?>
      <!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd">
      <Configure class="org.eclipse.jetty.%s.webapp.WebAppContext">
        <Get name="servletHandler"><Set name="decodeAmbiguousURIs">true</Set></Get>
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

  private static Path packed(Path exploded) throws IOException {
    Path webInf = exploded.resolve("WEB-INF");
    Files.writeString(webInf.resolve("jetty-ee10-web.xml"), JETTY.formatted("ee10"));
    Files.writeString(webInf.resolve("jetty-ee11-web.xml"), JETTY.formatted("ee11"));
    Files.writeString(webInf.resolve("ibm-web-ext.xml"), LIBERTY);
    return War.zipped(exploded.resolveSibling(exploded.getFileName() + ".war"), exploded);
  }
}
