package io.espejo.it.distributions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A server as it is downloaded, and how it is set up to let through what a gateway is to see. */
enum Distribution {
  JETTY_EE10 {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return jetty(base, port, http2, "ee10");
    }
  },
  JETTY_EE11 {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return jetty(base, port, http2, "ee11");
    }
  },
  TOMCAT_10 {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return tomcat(base, port, http2, home("tomcat10"));
    }
  },
  TOMCAT_11 {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return tomcat(base, port, http2, home("tomcat11"));
    }
  },
  WILDFLY {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return wildFly(base, port, http2, "");
    }

    @Override
    Optional<Workers> workers() {
      return Optional.of(new Workers(WILDFLY_WORKERS, "default task-"));
    }
  },
  /** With targets as they come, which an application would have to decode by itself. */
  WILDFLY_GATEWAY {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return wildFly(base, port, http2, " decode-url=\"false\"");
    }
  },
  LIBERTY {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return liberty(base, port, http2, "servlet-6.0");
    }
  },
  /** With its JAX-RS and what that may have beside it. */
  LIBERTY_JAX_RS {
    @Override
    Launch prepare(Path base, int port, boolean http2) throws IOException {
      return liberty(base, port, http2, "servlet-6.0", "restfulWS-3.1", "mpConfig-3.1", "cdi-4.0");
    }
  };

  private static final int WILDFLY_WORKERS = 32;

  /** Soft references are no leak: the JDK's method handles keep the last class they met by one. */
  private static final String MEMORY = "-Xmx512m -XX:SoftRefLRUPolicyMSPerMB=0";

  /** What it needs by itself leaves too little of the other's for thousands of copies at once. */
  private static final String WILDFLY_MEMORY = MEMORY.replace("512m", "1g");

  /**
   * How it is started.
   *
   * @param war where a WAR is put to be deployed at the root
   */
  record Launch(List<String> command, Map<String, String> environment, Path war) {}

  /**
   * Writes its configuration.
   *
   * @param base an empty directory of its own
   * @param port where it listens, on 127.0.0.1
   * @param http2 whether clients may speak HTTP/2 without TLS, too
   */
  abstract Launch prepare(Path base, int port, boolean http2) throws IOException;

  /**
   * Threads that serve requests.
   *
   * @param count how many there are once so many were needed at once; they never end
   * @param name how their names begin
   */
  record Workers(int count, String name) {}

  /**
   * Those that keep the first task that they ran, of whatever WAR it was, for as long as they live.
   */
  Optional<Workers> workers() {
    return Optional.empty();
  }

  private static Launch jetty(Path base, int port, boolean http2, String environment)
      throws IOException {
    Path ini = Files.createDirectories(base.resolve("start.d"));
    for (String directory : List.of("webapps", "resources", "logs", "work", "environments")) {
      Files.createDirectories(base.resolve(directory));
    }
    Files.writeString(
        ini.resolve("server.ini"),
        """
        --modules=%s,work
        jetty.http.host=127.0.0.1
        jetty.http.port=%d
        jetty.httpConfig.uriCompliance=UNSAFE
        jetty.httpConfig.requestHeaderSize=98304
        jetty.httpConfig.responseHeaderSize=98304
        jetty.httpConfig.sendServerVersion=false
        jetty.deploy.scanInterval=1
        etc/header-case.xml
        """
            .formatted(http2 ? "http,http2c" : "http", port));
    // Else "text/plain;charset=UTF-8" reaches the filter in lower case; there is no property for
    // it.
    Files.writeString(
        Files.createDirectories(base.resolve("etc")).resolve("header-case.xml"),
        """
        <?xml version="1.0"?>
        <!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd">
        <Configure id="httpConfig" class="org.eclipse.jetty.server.HttpConfiguration">
          <Set name="headerCacheCaseSensitive">true</Set>
        </Configure>
        """);
    // A file of its own: what stands beside these modules is theirs alone.
    Files.writeString(
        ini.resolve("deploy.ini"),
        "--modules=%1$s-deploy,%1$s-annotations\n".formatted(environment));
    List<String> command =
        Stream.concat(
                Stream.of(Path.of(System.getProperty("java.home"), "bin/java").toString()),
                Stream.concat(
                    Stream.of(MEMORY.split(" ")),
                    Stream.of(
                        "-Djetty.base=" + base,
                        "-jar",
                        home("jetty").resolve("start.jar").toString())))
            .toList();
    return new Launch(command, Map.of(), base.resolve("webapps/root.war"));
  }

  private static Launch tomcat(Path base, int port, boolean http2, Path home) throws IOException {
    copy(home.resolve("conf"), base.resolve("conf"));
    for (String directory : List.of("webapps", "logs", "temp", "work")) {
      Files.createDirectories(base.resolve(directory));
    }
    Files.writeString(
        base.resolve("conf/server.xml"),
        """
        <Server port="-1">
          <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener"/>
          <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
          <Service name="Catalina">
            <Connector port="%d" address="127.0.0.1" encodedSolidusHandling="passthrough"
                       relaxedPathChars="&lt;&gt;[\\]^`{|}&quot;" maxHttpHeaderSize="98304"
                       relaxedQueryChars="&lt;&gt;[\\]^`{|}&quot;" allowedTrailerHeaders="x-sum"
                       maxKeepAliveRequests="-1">
              %s
            </Connector>
            <Engine name="Catalina" defaultHost="localhost" backgroundProcessorDelay="1">
              <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true">
                <Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false"/>
              </Host>
            </Engine>
          </Service>
        </Server>
        """
            .formatted(
                port,
                http2
                    ? "<UpgradeProtocol className=\"org.apache.coyote.http2.Http2Protocol\"/>"
                    : ""));
    Path script = home.resolve("bin/catalina.sh");
    return new Launch(
        List.of("sh", script.toString(), "run"),
        Map.of(
            "CATALINA_HOME",
            home.toString(),
            "CATALINA_BASE",
            base.toString(),
            "CATALINA_OPTS",
            MEMORY),
        base.resolve("webapps/ROOT.war"));
  }

  /**
   * The standalone server.
   *
   * @param attributes more of the listener's
   */
  private static Launch wildFly(Path base, int port, boolean http2, String attributes)
      throws IOException {
    Path home = home("wildfly");
    copy(home.resolve("standalone/configuration"), base.resolve("configuration"));
    Files.createDirectories(base.resolve("deployments"));
    Path xml = base.resolve("configuration/standalone.xml");
    String text = Files.readString(xml);
    text = replaced(text, "scan-interval=\"5000\"", "scan-interval=\"300\"");
    text =
        replaced(
            text,
            "<worker name=\"default\"",
            "<worker name=\"default\" task-core-threads=\"%1$d\" task-max-threads=\"%1$d\""
                .formatted(WILDFLY_WORKERS));
    text = replaced(text, "<location name=\"/\" handler=\"welcome-content\"/>", "");
    text =
        replaced(
            text,
            "<servlet-container name=\"default\"",
            "<servlet-container name=\"default\" stack-trace-on-error=\"none\"");
    text =
        replaced(
            text,
            "<http-listener name=\"default\"",
            "<http-listener name=\"default\" allow-encoded-slash=\"true\""
                + " max-headers=\"1000\" max-post-size=\"0\""
                + attributes);
    text =
        replaced(
            text,
            "redirect-socket=\"https\" enable-http2=\"true\"",
            "redirect-socket=\"https\" enable-http2=\"" + http2 + "\"");
    Files.writeString(xml, text);
    return new Launch(
        List.of(
            home.resolve("bin/standalone.sh").toString(),
            "-Djboss.server.base.dir=" + base,
            "-Djboss.http.port=" + port,
            "-Djboss.https.port=0",
            "-Djboss.management.http.port=0"),
        Map.of("PREPEND_JAVA_OPTS", WILDFLY_MEMORY, "JBOSS_HOME", home.toString()),
        base.resolve("deployments/ROOT.war"));
  }

  /**
   * It begins with a thread a processor or so, and seems to find out after half a minute that all
   * wait: of 20 requests at once on one connection of HTTP/2, 17 had no answer until then.
   */
  private static Launch liberty(Path base, int port, boolean http2, String... features)
      throws IOException {
    Path server = Files.createDirectories(base.resolve("servers/defaultServer"));
    Files.createDirectories(server.resolve("dropins"));
    Files.writeString(
        server.resolve("server.xml"),
        """
        <server>
          <featureManager>%s</featureManager>
          <httpEndpoint id="defaultHttpEndpoint" host="127.0.0.1" httpPort="%d" httpsPort="-1"
                        protocolVersion="%s">
            <httpOptions limitFieldSize="32768" limitNumHeaders="500" maxKeepAliveRequests="-1"
                         persistTimeout="30s" autoDecompression="false"
                         NoCacheCookiesControl="false"/>
          </httpEndpoint>
          <httpDispatcher enableWelcomePage="false" trustedHeaderOrigin="none"/>
          <executor coreThreads="64"/>
          <logging consoleLogLevel="INFO"/>
          <applicationMonitor pollingRate="300ms" dropins="dropins" updateTrigger="polled"/>
          <webContainer disableXPoweredBy="true" skipEncodedCharVerification="true"/>
        </server>
        """
            .formatted(
                "<feature>" + String.join("</feature><feature>", features) + "</feature>",
                port,
                http2 ? "http/2" : "http/1.1"));
    Files.writeString(server.resolve("jvm.options"), String.join("\n", MEMORY.split(" ")) + "\n");
    return new Launch(
        List.of(home("liberty").resolve("bin/server").toString(), "run", "defaultServer"),
        Map.of("WLP_USER_DIR", base.toString(), "WLP_SKIP_MAXPERMSIZE", "true"),
        server.resolve("dropins/root.war"));
  }

  static Path home(String name) {
    return Path.of(System.getProperty(name + ".home"));
  }

  private static String replaced(String text, String part, String replacement) {
    if (!text.contains(part)) {
      throw new IllegalStateException("not in the configuration: " + part);
    }
    return text.replace(part, replacement);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copied = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copied);
        } else {
          Files.copy(file, copied, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  /** A word for files. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
