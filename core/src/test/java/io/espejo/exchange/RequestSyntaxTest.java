package io.espejo.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container may let through, over HTTP/2 for one, and must not be written to v1. */
class RequestSyntaxTest {
  private record Request(String method, String authority, String rawQuery, Headers headers)
      implements DownstreamRequest {
    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public Optional<String> query() {
      return Optional.of(rawQuery);
    }

    @Override
    public String peerAddress() {
      return "192.0.2.7";
    }

    @Override
    public String protocol() {
      return "HTTP/2.0";
    }
  }

  private static boolean isWellFormed(String method, String authority, String query) {
    return RequestSyntax.isWellFormed(new Request(method, authority, query, Headers.EMPTY));
  }

  private static boolean isWellFormed(String name, String value) {
    return RequestSyntax.isWellFormed(
        new Request("GET", "httpbin", "", Headers.builder().add(name, value).build()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GE T", "GET\r", "GET /x HTTP/1.1\r\nX:", "GE(T", "G\u00e9T", "G\0T"})
  void method_thatIsNoToken_isRefused(String method) {
    assertThat(isWellFormed(method, "httpbin", "")).isFalse();
    assertThat(isWellFormed("pAtch!", "httpbin", "")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b",
        "a\r\nX: y",
        "a\n",
        "a/b",
        "a?b",
        "a#b",
        "a\\b",
        "<a>",
        "a\0",
        "\u00e9",
        "a\t"
      })
  void authority_withACharacterOfNone_isRefused(String authority) {
    assertThat(isWellFormed("GET", authority, "")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "httpbin:8000", "[::1]:80", "user@httpbin", "a_b.example", "a%20b", "a:b:c"})
  void authority_thatEnvoyTakes_isTaken(String authority) {
    assertThat(isWellFormed("GET", authority, "")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a HTTP/1.1\r\nX: y", "a\n", "a#b", "a\0", "\u00e9", "a\u007f"})
  void query_withACharacterOfNone_isRefused(String query) {
    assertThat(isWellFormed("GET", "httpbin", query)).isFalse();
    assertThat(isWellFormed("GET", "httpbin", "a=%zz&b={|}\"<>?/\\^`")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\rb", "a\nb", "a\r\nX: y", "a\0b", "\u0001", "\u007f", "\u010d\u010a"})
  void value_withAControlCharacter_isRefused(String value) {
    assertThat(isWellFormed("x-request-id", value)).isFalse();
    assertThat(isWellFormed("x-forwarded-for", value)).isFalse();
    assertThat(isWellFormed("x", "a\tb \u00e9\u00ff")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a:", ":path", "a\r\nb", "a\0", "\u00e9", "a(b"})
  void name_thatIsNoToken_isRefused(String name) {
    assertThat(isWellFormed(name, "x")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip, chunked", "identity, chunked", "chunked, chunked", "", "gzip"})
  void coding_otherThanChunked_isNotKnown(String coding) {
    assertThat(knows(coding)).isFalse();
    assertThat(knows("Chunked")).isTrue();
    assertThat(knows("chunked", "chunked")).isFalse();
    assertThat(knows()).isTrue();
  }

  private static boolean knows(String... codings) {
    Headers.Builder lines = Headers.builder();
    for (String coding : codings) {
      lines.add("Transfer-Encoding", coding);
    }
    return RequestSyntax.hasKnownCoding(lines.build());
  }

  @Test
  void trailers_thatBelongInAHead_areLeftOut() {
    Headers received =
        Headers.builder()
            .add("x-sum", "5")
            .add("Content-Length", "5")
            .add("HOST", "evil")
            .add("transfer-encoding", "chunked")
            .add("x-forwarded-for", "203.0.113.9")
            .add("x-envoy-retry-on", "5xx")
            .add("X-Espejo-Mirror", "me")
            .add("X-Espejo-Rebuilt", "true")
            .add("Authorization", "x")
            .add("a b", "x")
            .add("x-cr", "a\rb")
            .build();

    Headers kept = RequestSyntax.trailers(received);

    assertThat(kept.size()).isEqualTo(1);
    assertThat(kept.first("x-sum")).contains("5");
    assertThat(RequestSyntax.trailers(Headers.EMPTY)).isSameAs(Headers.EMPTY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"5|6", "5|5, 5", "5, 5", "+5", "-5", "5;5", "0x5", "", "5|"})
  void lengths_thatAreNotOneNumber_areRefused(String lines) {
    assertThat(lengths(lines.split("\\|", -1))).isFalse();
    assertThat(lengths("5", "5")).isTrue();
  }

  private static boolean lengths(String... values) {
    Headers.Builder headers = Headers.builder();
    for (String value : values) {
      headers.add("Content-Length", value);
    }
    return RequestSyntax.isWellFormed(new Request("POST", "httpbin", "", headers.build()));
  }

  @Test
  void transferCoding_overHttp2_isRefused() {
    assertThat(isWellFormed("transfer-encoding", "chunked")).isFalse();
  }
}
