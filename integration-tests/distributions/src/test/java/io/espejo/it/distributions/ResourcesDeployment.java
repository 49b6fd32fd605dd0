package io.espejo.it.distributions;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.RulesYaml.Route;
import io.espejo.testkit.TestBed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * That resources of JAX-RS with our jars, rules and settings of MicroProfile Config, and no word of
 * a feature, deploy on a distribution, are mirrored, and leave no thread behind.
 */
abstract class ResourcesDeployment {
  private static final int ROUNDS = 3;
  private static final RawRequest PLAIN = RawRequest.get("/plain");
  private static final Predicate<RawAnswer> SERVED = answer -> answer.status() == 200;

  @RegisterExtension final TestBed bed = new TestBed();

  @TempDir Path dir;

  private final Distribution distribution;

  ResourcesDeployment(Distribution distribution) {
    this.distribution = distribution;
  }

  @Test
  @Timeout(900)
  void war_deployedAndUndeployedManyTimes_isMirroredAndLeavesNoThread() throws Exception {
    RecordingOrigin v2 = bed.origin("v2");
    Path war =
        Wars.resources(
            Files.createDirectory(dir.resolve("war")),
            "",
            Map.of(
                "espejo.yaml",
                RulesYaml.of()
                    .service("httpbin", 8000, Map.of("v1", 1, "v2", v2.port()))
                    .routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2"))
                    .text(),
                "META-INF/microprofile-config.properties",
                "espejo.rules=classpath:espejo.yaml\nespejo.local=httpbin/v1\n"));
    try (RunningServer server = RunningServer.start(distribution, true)) {
      for (int round = 0; round < ROUNDS; round++) {
        server.deploy(war, PLAIN, SERVED);
        for (String path : List.of("/annotated/rules", "/annotated/own")) {
          RawAnswer answer = RawClient.once(server.port(), RawRequest.post(path).body("abc"));
          assertThat(answer.text()).endsWith(" 3");
          assertThat(v2.take().body().text()).isEqualTo("abc");
        }
        assertThat(server.threads("espejo-")).as("what is looked for below").isNotEmpty();
        server.undeploy(PLAIN, SERVED.negate());
        TestBed.await("no copy is left", () -> v2.openConnections() == 0);
        DistributionDeployment.assertNoThreadIsLeft(server);
      }
    }
  }
}
