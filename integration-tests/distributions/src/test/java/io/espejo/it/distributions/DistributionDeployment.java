package io.espejo.it.distributions;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RecordedRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.RulesYaml.Route;
import io.espejo.testkit.TestBed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** That WARs of a user deploy on a distribution, work, and leave nothing behind. */
abstract class DistributionDeployment {
  private static final int ROUNDS = 3;
  private static final RawRequest GATEWAY = RawRequest.post("/deployed?yes").body("body");
  private static final RawRequest APPLICATION = RawRequest.get("/nothing");
  private static final Predicate<RawAnswer> SERVED = answer -> answer.status() == 200;

  @RegisterExtension final TestBed bed = new TestBed();

  @TempDir Path dir;

  private final Distribution distribution;

  DistributionDeployment(Distribution distribution) {
    this.distribution = distribution;
  }

  private static RulesYaml rules(RecordingOrigin v1, RecordingOrigin v2) {
    return RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port()))
        .routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2"));
  }

  @Test
  @Timeout(900)
  void wars_deployedAndUndeployedByTurns_serveAndLeaveNothing() throws Exception {
    RecordingOrigin v1 = bed.origin("v1");
    RecordingOrigin v2 = bed.origin("v2");
    Path gateway = Wars.gateway(Files.createDirectory(dir.resolve("gateway")), rules(v1, v2));
    Path application = Wars.application(Files.createDirectory(dir.resolve("app")), rules(v1, v2));
    try (RunningServer server = RunningServer.start(distribution, true)) {
      if (distribution.workers().isPresent()) {
        Path other = Wars.plain(Files.createDirectory(dir.resolve("other")));
        server.deploy(other, APPLICATION, SERVED);
        startAll(server, distribution.workers().get());
        server.undeploy(APPLICATION, SERVED.negate());
      }
      for (int round = 0; round < ROUNDS; round++) {
        server.deploy(gateway, GATEWAY, SERVED);
        v1.drain();
        TestBed.await("the copies have come", () -> !v2.drain().isEmpty());
        RawAnswer answer = RawClient.once(server.port(), GATEWAY);
        assertThat(answer.text()).isEqualTo("v1");
        assertThat(v1.take().body().text()).isEqualTo("body");
        assertThat(v2.take().host()).isEqualTo("httpbin-shadow");
        undeploy(server, GATEWAY, v1, v2);

        server.deploy(application, APPLICATION, SERVED);
        v2.take();
        assertThat(classesOfOurs(server)).as("what is looked for at the end").isNotEmpty();
        RawAnswer own = RawClient.once(server.port(), RawRequest.post("/stream").body("in place"));
        assertThat(own.text()).endsWith("in place");
        RecordedRequest copy = v2.take();
        assertThat(copy.host()).isEqualTo("httpbin-shadow");
        assertThat(copy.body().text()).isEqualTo("in place");
        undeploy(server, APPLICATION, v1, v2);
      }
      assertNothingIsLeft(server);
    }
  }

  static void assertNoThreadIsLeft(RunningServer server) {
    Awaitility.await("no thread of ours")
        .atMost(Duration.ofSeconds(10))
        .until(() -> server.threads("espejo-").isEmpty());
  }

  private static void assertNothingIsLeft(RunningServer server) {
    assertNoThreadIsLeft(server);
    Awaitility.await("no class of ours")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(() -> assertThat(classesOfOurs(server)).isEmpty());
  }

  /** Keeps so many at once that their first tasks are those of an application without us. */
  private static void startAll(RunningServer server, Distribution.Workers workers)
      throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < workers.count(); i++) {
        RawClient client = RawClient.to(server.port());
        clients.add(client);
        client.sendHead(RawRequest.post("/stream").header("Transfer-Encoding", "chunked"));
      }
      Awaitility.await("all workers are started")
          .atMost(Duration.ofSeconds(60))
          .until(() -> server.threads(workers.name()).size() == workers.count());
      for (RawClient client : clients) {
        client.chunk(new byte[0]);
        assertThat(client.read().status()).isEqualTo(200);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  /** Forgets what was asked until it had ended. */
  private static void undeploy(
      RunningServer server, RawRequest asked, RecordingOrigin v1, RecordingOrigin v2)
      throws IOException {
    server.undeploy(asked, SERVED.negate());
    TestBed.await("no copy is left", () -> v2.openConnections() == 0);
    v1.drain();
    v2.drain();
  }

  private static List<String> classesOfOurs(RunningServer server)
      throws IOException, InterruptedException {
    server.jcmd("GC.run");
    return server
        .jcmd("VM.class_hierarchy", "io.espejo.Espejo")
        .lines()
        .filter(line -> line.contains("io.espejo.Espejo/"))
        .toList();
  }
}
