package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.testkit.RulesYaml.Route;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;

class TestBedTest {
  /** Its callbacks do not look at the context. */
  private static final ExtensionContext NO_CONTEXT = null;

  private final TestBed bed = new TestBed();

  @Test
  void nothingLeft_passes() throws Exception {
    bed.beforeEach(NO_CONTEXT);
    RecordingOrigin origin = bed.origin("v1");
    RawClient.once(origin.port(), RawRequest.get("/"));
    origin.take();

    bed.afterEach(NO_CONTEXT);
  }

  @Test
  void requestLeft_failsAndTheRestIsEnded() throws Exception {
    bed.beforeEach(NO_CONTEXT);
    RecordingOrigin origin = bed.origin("v1");
    RawClient.once(origin.port(), RawRequest.get("/left"));
    TestBed.await("the request", () -> origin.waiting() == 1);

    assertThatThrownBy(() -> bed.afterEach(NO_CONTEXT)).hasMessageContaining("/left");
    assertThat(origin.openConnections()).isZero();
  }

  @Test
  void uncaughtException_ofAnyThread_fails() throws Exception {
    bed.beforeEach(NO_CONTEXT);
    Thread thread =
        new Thread(
            () -> {
              throw new IllegalStateException("nobody catches this");
            });
    thread.start();
    thread.join();

    assertThatThrownBy(() -> bed.afterEach(NO_CONTEXT)).hasMessageContaining("nobody catches");
  }

  @Test
  void check_thatFails_failsAfterTheOthersRan() {
    bed.beforeEach(NO_CONTEXT);
    List<String> ran = new java.util.ArrayList<>();
    bed.afterwards(() -> ran.add("first added"));
    bed.afterwards(
        () -> {
          throw new AssertionError("buffers left");
        });

    assertThatThrownBy(() -> bed.afterEach(NO_CONTEXT)).hasMessageContaining("buffers left");
    assertThat(ran).containsExactly("first added");
  }

  @Test
  void rules_asYaml_areThoseOfTheWalkThrough(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("rules.yaml");
    RulesYaml.of()
        .service("httpbin", 8000, Map.of("v1", 8081))
        .routes(
            "httpbin",
            List.of("httpbin"),
            Route.to("v1").match("uri: {exact: /}").mirror("v2", "0.1"))
        .writeTo(file);

    assertThat(Files.readString(file))
        .isEqualTo(
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: httpbin
            spec:
              hosts:
              - httpbin.default.svc.cluster.local
              location: MESH_INTERNAL
              ports:
              - number: 8000
                name: http
                protocol: HTTP
              resolution: STATIC
              endpoints:
              - address: 127.0.0.1
                ports:
                  http: 8081
                labels:
                  version: v1
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: httpbin
            spec:
              host: httpbin
              subsets:
              - name: v1
                labels:
                  version: v1
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: httpbin
            spec:
              hosts:
              - "httpbin"
              http:
              - route:
                - destination:
                    host: httpbin
                    subset: v1
                  weight: 100
                match:
                - uri: {exact: /}
                mirror:
                  host: httpbin
                  subset: v2
                mirrorPercentage:
                  value: 0.1
            """);
  }
}
