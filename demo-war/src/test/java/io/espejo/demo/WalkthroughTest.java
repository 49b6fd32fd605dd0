package io.espejo.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WalkthroughTest {
  @TempDir Path temporary;

  @Test
  void create_newDirectory_onlyTheServiceIsInForce() throws IOException {
    Path directory = temporary.resolve("a b");
    try (Walkthrough files = Walkthrough.create(Optional.of(directory), 1001, 1002)) {
      assertThat(files.rules()).isDirectoryContaining("glob:**/0-httpbin.yaml");
      assertThat(Files.list(files.rules())).hasSize(1);
      assertThat(files.rules().resolve("0-httpbin.yaml"))
          .content()
          .contains("http: 1001", "http: 1002")
          .doesNotContain("808");
      assertThat(directory)
          .isDirectoryContaining("glob:**/1-all-to-v1.yaml")
          .isDirectoryContaining("glob:**/2-mirror-to-v2.yaml")
          .isDirectoryContaining("glob:**/broken-indentation.yaml");
      assertThat(files.text(on("127.0.0.1"), 1000, 1001, 1002))
          .contains(
              "cd '" + directory + "'\n",
              "curl --resolve httpbin:1000:127.0.0.1 http://httpbin:1000/headers\n",
              "curl http://127.0.0.1:1002/last\n")
          .doesNotContain("earlier run");
    }
    assertThat(directory).doesNotExist();
  }

  @Test
  void close_copiedAndChangedFiles_keepsTheChangedOnly() throws IOException {
    Path changed;
    try (Walkthrough files = Walkthrough.create(Optional.of(temporary), 1, 2)) {
      Files.copy(temporary.resolve("1-all-to-v1.yaml"), files.rules().resolve("1-all-to-v1.yaml"));
      changed = Files.writeString(files.rules().resolve("2-mirror-to-v2.yaml"), "mine");
    }
    assertThat(Files.walk(temporary).filter(Files::isRegularFile)).containsExactly(changed);

    try (Walkthrough again = Walkthrough.create(Optional.of(temporary), 1, 2)) {
      assertThat(again.text(on("127.0.0.1"), 3, 1, 2))
          .endsWith("Rules of an earlier run are in force: 2-mirror-to-v2.yaml\n");
      assertThat(changed).hasContent("mine");
    }
  }

  @Test
  void close_directoryIsGone_isDone() throws IOException {
    Walkthrough files = Walkthrough.create(Optional.of(temporary.resolve("w")), 1, 2);
    files.close();
    files.close();
    assertThat(temporary.resolve("w")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.2, 127.0.0.2", "0.0.0.0, 127.0.0.1", "::1, 0:0:0:0:0:0:0:1"})
  void text_anyHost_commandsHaveItsAddress(String host, String address) throws IOException {
    try (Walkthrough files = Walkthrough.create(Optional.of(temporary), 1, 2)) {
      assertThat(files.text(on(host), 3, 1, 2)).contains("--resolve httpbin:3:" + address + " ");
    }
  }

  @Test
  void text_overTls_commandsKnowTheCertificate() throws IOException {
    GatewayOptions tls =
        new GatewayOptions(
            "127.0.0.1",
            0,
            ServerLimits.DEFAULT,
            OptionalInt.empty(),
            Optional.empty(),
            Optional.of(new GatewayOptions.TlsFiles(Path.of("/c.pem"), Path.of("/k.pem"))));
    try (Walkthrough files = Walkthrough.create(Optional.of(temporary), 1, 2)) {
      assertThat(files.text(tls, 3, 1, 2))
          .contains(
              "curl --cacert /c.pem --resolve httpbin:3:127.0.0.1 https://httpbin:3/headers\n",
              "curl http://127.0.0.1:2/last\n");
    }
  }

  private static GatewayOptions on(String host) {
    return DemoGateway.options(host, ServerLimits.DEFAULT);
  }

  @Test
  void create_namedDirectoryIsAFile_isRefusedByName() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "");
    assertThatThrownBy(() -> Walkthrough.create(Optional.of(file), 1, 2))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot write the rules into " + file);
  }
}
