package io.espejo.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.Espejo;
import io.espejo.Settings;
import io.espejo.config.ConfigSource;
import io.espejo.config.RuleFile;
import io.espejo.config.RulesException;
import io.espejo.demo.DemoServer.InPlace;
import io.espejo.testkit.RawAnswer;
import io.espejo.testkit.RawClient;
import io.espejo.testkit.RawRequest;
import io.espejo.testkit.RecordedRequest;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.RulesYaml;
import io.espejo.testkit.RulesYaml.Route;
import io.espejo.testkit.TestBed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MirroredHttpbinTest {
  @RegisterExtension final TestBed bed = new TestBed();

  private RecordingOrigin v2;
  private RulesYaml rules;

  @BeforeEach
  void startV2() throws IOException {
    v2 = bed.origin("v2");
    rules =
        RulesYaml.of()
            .service("httpbin", 8000, Map.of("v1", bed.origin("v1").port(), "v2", v2.port()));
  }

  private Espejo espejo() throws IOException, RulesException {
    return Espejo.open(
        ConfigSource.of(List.of(new RuleFile("httpbin.yaml", rules.text().getBytes(UTF_8)))),
        Settings.from(name -> name.equals("local") ? Optional.of("httpbin/v1") : Optional.empty()));
  }

  private static DemoServer started(Espejo espejo, InPlace by) throws Exception {
    PrintStream log = new PrintStream(new ByteArrayOutputStream(), true, UTF_8);
    DemoServer httpbin = DemoServer.httpbin("v1", "127.0.0.1", 0, log, Optional.of(espejo), by);
    httpbin.open();
    httpbin.start();
    return httpbin;
  }

  @ParameterizedTest
  @EnumSource
  void userAgent_isMirroredByItsAnnotation_whereNoRuleSpeaks(InPlace by) throws Exception {
    try (Espejo espejo = espejo();
        DemoServer httpbin = started(espejo, by)) {
      assertThat(RawClient.once(httpbin.port(), RawRequest.get("/ip")).status()).isEqualTo(200);
      assertThat(RawClient.once(httpbin.port(), RawRequest.get("/user-agent")).status())
          .isEqualTo(200);

      assertThat(v2.take().target()).isEqualTo("/user-agent");
      assertThat(espejo.outcomes().considered()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyResource_isMirroredByTheRules(InPlace by) throws Exception {
    rules = rules.routes("httpbin", List.of("httpbin"), Route.to("v1").mirror("v2"));
    try (Espejo espejo = espejo();
        DemoServer httpbin = started(espejo, by)) {
      RawAnswer answer = RawClient.once(httpbin.port(), RawRequest.post("/post").body("body"));

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).contains("\"data\": \"body\"");
      RecordedRequest copy = v2.take();
      assertThat(copy.host()).isEqualTo("httpbin-shadow");
      assertThat(copy.header("x-forwarded-for")).isEqualTo("127.0.0.1");
      assertThat(copy.body().text()).isEqualTo("body");
      assertThat(espejo.outcomes().considered()).isEqualTo(1);
    }
  }
}
