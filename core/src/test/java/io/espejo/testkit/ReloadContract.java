package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.testkit.RulesYaml.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** New rules while it runs (SEMANTICS 6). */
abstract class ReloadContract extends GatewayFixture {
  /** Each takes a good half of a second; {@code -Despejo.contract.fileChanges} for more. */
  private static final int FILE_CHANGES = Integer.getInteger("espejo.contract.fileChanges", 20);

  ReloadContract(GatewayContract container) {
    super(container);
  }

  @Test
  void newRules_takeEffectWithin2s() throws Exception {
    start(routes(Route.to("v1")));
    RawClient client = client();
    client.exchange(RawRequest.get("/before"));

    mirrored().writeTo(rulesFile);

    awaitWithin2s(() -> mirrors(client));
    settled();
    v1.drain();
    v2.drain();
  }

  @Test
  void newFile_inTheDirectory_isRead() throws Exception {
    start(service());
    RawClient client = client();

    RulesYaml.of()
        .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2"))
        .writeTo(rulesFile.resolveSibling("more.yaml"));

    awaitWithin2s(() -> mirrors(client));
    settled();
    v1.drain();
    v2.drain();
  }

  @Test
  void file_thatIsDeleted_takesItsRulesAlong() throws Exception {
    Path more = rulesFile.resolveSibling("more.yaml");
    RulesYaml.of().routes("httpbin", List.of("*"), Route.to("v1").mirror("v2")).writeTo(more);
    start(service());
    RawClient client = client();
    assertThat(mirrors(client)).isTrue();

    Files.delete(more);

    awaitWithin2s(() -> !mirrors(client));
    settled();
    v1.drain();
    v2.drain();
  }

  @Test
  void symlink_swappedAsAConfigMapDoes_isFollowed() throws Exception {
    Path mount = Files.createDirectory(dir.resolve("mount"));
    Path first = Files.createDirectory(mount.resolve("..first"));
    Path second = Files.createDirectory(mount.resolve("..second"));
    routes(Route.to("v1")).writeTo(first.resolve("rules.yaml"));
    mirrored().writeTo(second.resolve("rules.yaml"));
    Path data = mount.resolve("..data");
    Files.createSymbolicLink(data, first.getFileName());
    Files.createSymbolicLink(mount.resolve("rules.yaml"), Path.of("..data", "rules.yaml"));
    start(mount, Map.of());
    RawClient client = client();
    assertThat(mirrors(client)).isFalse();

    Path next = mount.resolve("..data_tmp");
    Files.createSymbolicLink(next, second.getFileName());
    Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);

    awaitWithin2s(() -> mirrors(client));
    settled();
    v1.drain();
    v2.drain();
  }

  @Test
  void removedMirror_sendsNothingMore() throws Exception {
    start(mirrored());
    RawClient client = client();
    assertThat(mirrors(client)).isTrue();

    gateway().apply(routes(Route.to("v1")));

    long considered = settled().considered();
    v2.drain();
    for (int i = 0; i < 50; i++) {
      client.exchange(RawRequest.get("/after"));
    }
    assertThat(settled().considered()).isEqualTo(considered);
    assertThat(v2.waiting()).isZero();
    v1.drain();
  }

  @Test
  void brokenSet_isRefusedAndTheOldStays() throws Exception {
    start(mirrored());
    RawClient client = client();

    RulesYaml broken = routes(Route.to("v1").mirror("v2", "101"));
    try (LogWatch log = gateway().watchLog()) {
      broken.writeTo(rulesFile);
      log.await("spec.http[0].mirrorPercentage.value");
    }
    assertThat(mirrors(client)).isTrue();
    assertThatThrownBy(() -> gateway().apply(broken))
        .hasMessageContaining("spec.http[0].mirrorPercentage.value");
    assertThat(mirrors(client)).isTrue();

    routes(Route.to("v1")).writeTo(rulesFile);
    awaitWithin2s(() -> !mirrors(client));
    settled();
    v1.drain();
    v2.drain();
  }

  @Test
  void fileChanges_underLoad_failNoRequest() throws Exception {
    start(routes(Route.to("v1").mirror("v2", "1.0")));
    try (Load load = Load.on(gateway().port(), 2)) {
      RawClient client = client();
      for (int i = 0; i < FILE_CHANGES; i += 2) {
        routes(Route.to("v1")).writeTo(rulesFile);
        awaitWithin2s(() -> !mirrors(client));
        mirrored().writeTo(rulesFile);
        awaitWithin2s(() -> mirrors(client));
        v1.drain();
        v2.drain();
      }
      load.assertNoneFailed();
    }
    settled();
    v1.drain();
    v2.drain();
  }

  @Test
  void apiChanges_1000UnderLoad_failNoRequest() throws Exception {
    start(mirrored());
    RecordingOrigin v3 = bed.origin("v3");
    try (Load load = Load.on(gateway().port(), 2)) {
      for (int i = 0; i < 1000; i++) {
        RecordingOrigin mirror = i % 2 == 0 ? v2 : v3;
        RulesYaml next =
            RulesYaml.of()
                .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", mirror.port()))
                .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2", "10.0"));
        gateway().apply(next);
        v1.drain();
      }
      load.assertNoneFailed();
    }
    settled();
    v1.drain();
    v2.drain();
    v3.drain();
  }

  /** Whether a request made now is mirrored. */
  private boolean mirrors(RawClient client) {
    long considered = gateway().outcomes().considered();
    try {
      assertThat(client.exchange(RawRequest.get("/probe")).status()).isEqualTo(200);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return gateway().outcomes().considered() > considered;
  }

  private static void awaitWithin2s(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(2))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(condition::getAsBoolean);
  }
}
