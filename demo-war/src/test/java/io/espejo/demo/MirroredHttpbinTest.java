package io.espejo.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import io.espejo.config.RuleFile;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.TestBed;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MirroredHttpbinTest {
  @RegisterExtension final TestBed bed = new TestBed();

  @Test
  void userAgent_isMirroredByItsAnnotation_whereNoRuleSpeaks() throws Exception {
    RecordingOrigin v1 = bed.origin("v1");
    RecordingOrigin v2 = bed.origin("v2");
    RulesYaml rules =
        RulesYaml.of().service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port()));
    Settings settings =
        Settings.from(name -> name.equals("local") ? Optional.of("httpbin/v1") : Optional.empty());
    try (Espejo espejo =
            Espejo.open(
                ConfigSource.of(
                    List.of(new RuleFile("httpbin.yaml", rules.text().getBytes(UTF_8)))),
                settings);
        DemoServer httpbin =
            DemoServer.httpbin(
                "v1",
                "127.0.0.1",
                0,
                new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
                Optional.of(espejo))) {
      httpbin.open();
      httpbin.start();

      assertThat(RawClient.once(httpbin.port(), RawRequest.get("/ip")).status()).isEqualTo(200);
      assertThat(RawClient.once(httpbin.port(), RawRequest.get("/user-agent")).status())
          .isEqualTo(200);

      assertThat(v2.take().target()).isEqualTo("/user-agent");
      assertThat(espejo.outcomes().considered()).isEqualTo(1);
    }
  }
}
