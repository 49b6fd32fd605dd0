package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That a WAR with our jars in {@code WEB-INF/lib} deploys, works, and leaves nothing behind. A
 * container's test starts the container; the jars lie in {@code target/war-lib}.
 */
public abstract class DeploymentContract {
  private static final Path LIBRARIES = Path.of("target", "war-lib");

  /** How often the WAR is deployed and undeployed in one container. */
  private static final int ROUNDS = Integer.getInteger("deployments", 10);

  @RegisterExtension final TestBed bed = new TestBed();

  @TempDir Path dir;

  private RecordingOrigin v1;
  private RecordingOrigin v2;
  private Path exploded;

  /** A running container without any application. */
  public interface Container extends AutoCloseable {
    /** The port that clients connect to. */
    int port();

    /** Deploys a WAR, a directory or a file, at the root, its own classes first. */
    Deployment deploy(Path war) throws Exception;
  }

  /** A deployed application. */
  public interface Deployment {
    /** The class loader of the application. */
    ClassLoader loader();

    /** Ends it and removes it from the container. */
    void undeploy() throws Exception;
  }

  /** Starts a container on a free loopback port. */
  protected abstract Container start() throws Exception;

  @BeforeEach
  void makeWar() throws IOException {
    v1 = bed.origin("v1");
    v2 = bed.origin("v2");
    exploded = War.exploded(Files.createDirectory(dir.resolve("war")), LIBRARIES, rules());
  }

  private RulesYaml rules() {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port()))
        .routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2"));
  }

  @Test
  void war_asOneFile_servesAndMirrors() throws Exception {
    Path war = War.zipped(dir.resolve("gateway.war"), exploded);
    try (Container container = start()) {
      Deployment deployment = container.deploy(war);
      assertServes(container);
      assertThat(deployment.loader().loadClass("io.espejo.Espejo").getClassLoader())
          .isSameAs(deployment.loader());
      deployment.undeploy();
    }
    assertNothingRuns();
  }

  @Test
  void application_withJarsAndRulesAlone_isMirroredInPlace() throws Exception {
    Path war = War.application(Files.createDirectory(dir.resolve("app")), LIBRARIES, rules());
    try (Container container = start()) {
      Deployment deployment = container.deploy(war);

      RawAnswer answer =
          RawClient.once(container.port(), RawRequest.post("/stream").body("in place"));

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).endsWith("in place");
      RecordedRequest copy = v2.take();
      assertThat(copy.host()).isEqualTo("httpbin-shadow");
      assertThat(copy.body().text()).isEqualTo("in place");
      deployment.undeploy();
    }
    assertNothingRuns();
  }

  /** Where an application may have its rules, and how it says so. */
  enum Rules {
    FILE,
    DIRECTORY {
      @Override
      void put(Path webInf) throws IOException {
        Files.createDirectory(webInf.resolve("espejo"));
        Files.move(webInf.resolve("espejo.yaml"), webInf.resolve("espejo/httpbin.yaml"));
      }
    },
    PARAMETER {
      @Override
      void put(Path webInf) throws IOException {
        Files.move(webInf.resolve("espejo.yaml"), webInf.resolve("other.yaml"));
        edit(
            webInf,
            "<servlet>",
            "<context-param><param-name>espejo.rules</param-name>"
                + "<param-value>/WEB-INF/other.yaml</param-value></context-param><servlet>");
      }
    },
    /** The filter is in the web.xml, too, under another name. */
    WITH_FILTER {
      @Override
      void put(Path webInf) throws IOException {
        edit(webInf, "<servlet>", filter("own") + "<servlet>");
      }
    },
    /** It is there twice. */
    WITH_TWO_FILTERS {
      @Override
      void put(Path webInf) throws IOException {
        edit(webInf, "<servlet>", filter("one") + filter("two") + "<servlet>");
      }
    };

    void put(Path webInf) throws IOException {
      // There already.
    }

    private static String filter(String name) {
      return """
      <filter>
        <filter-name>%1$s</filter-name>
        <filter-class>io.espejo.servlet.MirrorFilter</filter-class>
        <async-supported>true</async-supported>
        <init-param>
          <param-name>rules</param-name>
          <param-value>/WEB-INF/espejo.yaml</param-value>
        </init-param>
        <init-param>
          <param-name>instance</param-name>
          <param-value>%1$s</param-value>
        </init-param>
      </filter>
      <filter-mapping>
        <filter-name>%1$s</filter-name>
        <url-pattern>/*</url-pattern>
        <dispatcher>REQUEST</dispatcher>
        <dispatcher>FORWARD</dispatcher>
        <dispatcher>ASYNC</dispatcher>
      </filter-mapping>
      """
          .formatted(name);
    }
  }

  private static void edit(Path webInf, String text, String replacement) throws IOException {
    Path xml = webInf.resolve("web.xml");
    String old = Files.readString(xml);
    assertThat(old).contains(text);
    Files.writeString(xml, old.replace(text, replacement));
  }

  @ParameterizedTest
  @EnumSource
  void application_withRulesAnywhere_isMirroredOnce(Rules rules) throws Exception {
    Path war = War.application(Files.createDirectory(dir.resolve("app")), LIBRARIES, rules());
    rules.put(war.resolve("WEB-INF"));
    try (Container container = start()) {
      Deployment deployment = container.deploy(war);
      for (String path : List.of("/stream", "/forward", "/dispatch")) {
        assertThat(RawClient.once(container.port(), RawRequest.post(path).body("once")).text())
            .endsWith("once");
        assertThat(v2.take().body().text()).isEqualTo("once");
      }
      deployment.undeploy();
    }
    assertNothingRuns();
  }

  @ParameterizedTest
  @ValueSource(strings = {"no rules", "no word of what it is"})
  void application_withJarsAlone_isLeftAlone(String lacking) throws Exception {
    Path war = War.application(Files.createDirectory(dir.resolve("app")), LIBRARIES, rules());
    Path webInf = war.resolve("WEB-INF");
    if (lacking.equals("no rules")) {
      Files.delete(webInf.resolve("espejo.yaml"));
    } else {
      edit(webInf, "espejo.local", "another.local");
    }
    try (Container container = start()) {
      Deployment deployment = container.deploy(war);

      assertThat(RawClient.once(container.port(), RawRequest.post("/stream").body("own")).text())
          .endsWith("own");

      assertNothingRuns();
      deployment.undeploy();
    }
  }

  @Test
  @Timeout(300)
  void war_deployedAndUndeployedManyTimes_leavesNothing() throws Exception {
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    try (Container container = start()) {
      for (int round = 0; round < ROUNDS; round++) {
        loaders.add(deployed(container));
      }
      assertNothingRuns();
      Awaitility.await("class loaders are collected")
          .atMost(Duration.ofSeconds(5))
          .untilAsserted(() -> assertThat(living(loaders)).isEmpty());
    }
  }

  /** A method of its own, so that no frame holds the deployment. */
  private WeakReference<ClassLoader> deployed(Container container) throws Exception {
    Deployment deployment = container.deploy(exploded);
    WeakReference<ClassLoader> loader = new WeakReference<>(deployment.loader());
    assertServes(container);
    deployment.undeploy();
    return loader;
  }

  private void assertServes(Container container) throws IOException {
    RawAnswer answer =
        RawClient.once(container.port(), RawRequest.post("/deployed?yes").body("body"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).isEqualTo("v1");
    assertThat(v1.take().body().text()).isEqualTo("body");
    assertThat(v2.take().host()).isEqualTo("httpbin-shadow");
  }

  private static void assertNothingRuns() throws MalformedObjectNameException {
    TestBed.await("no thread left", () -> GatewayFixture.espejoThreads().isEmpty());
    Set<ObjectName> beans =
        ManagementFactory.getPlatformMBeanServer().queryNames(new ObjectName("io.espejo*:*"), null);
    assertThat(beans).isEmpty();
  }

  /** Which deployments, counted from 0, still have a class loader. */
  private static List<Integer> living(List<WeakReference<ClassLoader>> loaders) {
    System.gc();
    return IntStream.range(0, loaders.size())
        .filter(index -> loaders.get(index).get() != null)
        .boxed()
        .toList();
  }
}
