package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What v2 receives beside what v1 receives (SEMANTICS 3). */
abstract class ShadowContentContract extends GatewayFixture {
  private static final String MARKER = "x-espejo-mirror";

  ShadowContentContract(GatewayContract container) {
    super(container);
  }

  @ParameterizedTest
  @CsvSource({
    "cluster-1, cluster-1-shadow",
    "Example.com:8080, Example.com-shadow:8080",
    "192.168.1.1:80, 192.168.1.1-shadow:80",
    "[::1], [::1]-shadow",
    "[::1]:9000, [::1]-shadow:9000"
  })
  void host_inEachForm_getsTheSuffixBeforeThePort(String host, String shadowHost) throws Exception {
    start(mirrored());

    assertThat(exchange(RawRequest.get("/").host(host)).status()).isEqualTo(200);

    assertThat(v1.take().host()).isEqualTo(host);
    assertThat(v2.take().headers().all("Host")).containsExactly(shadowHost);
  }

  @Test
  void copy_besideHostAndMarker_isWhatV1Gets() throws Exception {
    start(mirrored());

    exchange(
        RawRequest.of("PUT", "/a?b=c")
            .header("Accept", "text/html, */*;q=0.1")
            .header("Cookie", "a=b; c=\"d\"")
            .header("Authorization", "Basic Zm9vOmJhcg==")
            .header("User-Agent", "raw/1")
            .header("Accept-Encoding", "br")
            .header("Content-Type", "text/plain;charset=UTF-8")
            .header("If-None-Match", "\"x\", W/\"y\"")
            .body("body"));

    RecordedRequest primary = v1.take();
    RecordedRequest shadow = v2.take();
    assertThat(shadow.requestLine()).isEqualTo(primary.requestLine());
    assertThat(linesBesides(shadow, "Host", MARKER))
        .containsExactlyElementsOf(linesBesides(primary, "Host"));
    assertThat(shadow.header(MARKER)).isNotBlank();
    assertThat(primary.headers().contains(MARKER)).isFalse();
    assertThat(shadow.body().text()).isEqualTo("body");
    for (RecordedRequest request : List.of(primary, shadow)) {
      assertThat(request.header("Accept")).isEqualTo("text/html, */*;q=0.1");
      assertThat(request.header("Cookie")).isEqualTo("a=b; c=\"d\"");
      assertThat(request.header("Authorization")).isEqualTo("Basic Zm9vOmJhcg==");
      assertThat(request.headers().all("User-Agent")).containsExactly("raw/1");
      assertThat(request.headers().all("Accept-Encoding")).containsExactly("br");
      assertThat(request.header("Content-Type")).isEqualTo("text/plain;charset=UTF-8");
    }
  }

  @Test
  void copy_ofBareRequest_gainsNoHeaderOfTheClientLibrary() throws Exception {
    start(mirrored());

    exchange(RawRequest.post("/").body("x"));

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.head().subList(1, request.head().size()))
          .allMatch(
              line ->
                  line.toLowerCase(Locale.ROOT)
                      .matches(
                          "(host|content-length|x-forwarded-.*|x-request-id|x-envoy-.*|x-espejo-mirror): .*"));
    }
  }

  @Test
  void headers_thatRepeat_stayLinesInOrder() throws Exception {
    start(mirrored());

    exchange(
        RawRequest.get("/")
            .header("X-Many", "1")
            .header("X-Other", "a")
            .header("X-Many", "2, 3")
            .header("x-many", "")
            .header("X-Many", "4"));

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.headers().all("X-Many")).containsExactly("1", "2, 3", "", "4");
      assertThat(request.header("X-Other")).isEqualTo("a");
    }
  }

  @Test
  void headers_ofTheHop_goToNeither() throws Exception {
    start(mirrored());

    exchange(
        RawRequest.get("/")
            .header("Connection", "keep-alive, X-Private")
            .header("Connection", "x-secret")
            .header("Keep-Alive", "timeout=5")
            .header("Proxy-Connection", "keep-alive")
            .header("X-Private", "1")
            .header("X-Secret", "2")
            .header("X-Public", "3"));

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.headers().contains("X-Private")).isFalse();
      assertThat(request.headers().contains("X-Secret")).isFalse();
      assertThat(request.headers().contains("Keep-Alive")).isFalse();
      assertThat(request.headers().contains("Proxy-Connection")).isFalse();
      assertThat(request.headers().all("Connection")).noneMatch(v -> v.contains("X-Private"));
      assertThat(request.header("X-Public")).isEqualTo("3");
    }
  }

  @Test
  void expect_isAnsweredHereAndGoesToNeither() throws Exception {
    start(mirrored());
    RawClient client = client();

    client.sendHead(
        RawRequest.post("/").header("Expect", "100-continue").header("Content-Length", "4"));
    assertThat(client.readHead().get(0)).startsWith("HTTP/1.1 100");
    client.write("body");

    assertThat(client.read().text()).isEqualTo("v1");
    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.headers().contains("Expect")).isFalse();
      assertThat(request.body().text()).isEqualTo("body");
    }
  }

  @Test
  void requestId_ofTheClient_isKeptOnBoth() throws Exception {
    start(mirrored());

    exchange(RawRequest.get("/").header("X-Request-Id", "abc"));

    assertThat(v1.take().headers().all("x-request-id")).containsExactly("abc");
    assertThat(v2.take().headers().all("x-request-id")).containsExactly("abc");
  }

  @Test
  void requestId_absent_isMadeAndTheSameOnBoth() throws Exception {
    start(mirrored());

    get("/1");
    String first = v1.take().header("x-request-id");
    assertThat(v2.take().header("x-request-id")).isEqualTo(first);
    assertThat(first).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    get("/2");
    assertThat(v1.take().header("x-request-id")).isNotEqualTo(first);
    v2.take();
  }

  @Test
  void forwardedHeaders_trustNobody() throws Exception {
    start(mirrored());

    exchange(
        RawRequest.get("/")
            .host("shop.example:81")
            .header("X-Forwarded-For", "10.0.0.1")
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "evil.example"));

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(String.join(",", request.headers().all("X-Forwarded-For")).replace(" ", ""))
          .isEqualTo("10.0.0.1,127.0.0.1");
      assertThat(request.headers().all("X-Forwarded-Proto")).containsExactly("http");
      assertThat(request.headers().all("X-Forwarded-Host")).containsExactly("shop.example:81");
    }
  }

  @Test
  void envoyHeaders_ofTheClient_areReplaced() throws Exception {
    start(mirrored());

    exchange(
        RawRequest.get("/")
            .header("X-Envoy-Attempt-Count", "7")
            .header("x-envoy-upstream-rq-timeout-ms", "1")
            .header("x-envoy-retry-on", "5xx"));

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.headers().all("x-envoy-attempt-count")).containsExactly("1");
      assertThat(request.headers().contains("x-envoy-upstream-rq-timeout-ms")).isFalse();
      assertThat(request.headers().contains("x-envoy-retry-on")).isFalse();
    }
  }

  @Test
  void marker_onTheRequest_isServedButNotMirrored() throws Exception {
    start(mirrored());

    RawAnswer answer = exchange(RawRequest.get("/").header("X-Espejo-Mirror", "another"));

    assertThat(answer.text()).isEqualTo("v1");
    assertThat(v1.take().headers().contains(MARKER)).isFalse();
    assertThat(onlyOutcome()).isEqualTo("dropped LOOP");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/a;x=1/b;y?q",
        "/a%20b%C3%A9?q=%zz&r=a+b&s=%2F%2f",
        "/~user/-._!$&'()*,:@?a=b=c&&d",
        "/p?redirect=http://other.example/?x=1"
      })
  void target_raw_reachesBothByteForByte(String target) throws Exception {
    if (target.contains("%zz")) {
      needs(Capability.MALFORMED_QUERY);
    }
    assertTarget(target, target);
  }

  @Test
  void target_withDoubleSlash_reachesBothByteForByte() throws Exception {
    needs(Capability.DOUBLE_SLASH);
    assertTarget("//a//b/?x", "//a//b/?x");
  }

  @Test
  void target_withEncodedSlash_reachesBothByteForByte() throws Exception {
    needs(Capability.ENCODED_SLASH);
    assertTarget("/a%2Fb%2fc", "/a%2Fb%2fc");
  }

  @Test
  void target_withDotSegmentsAndNeedlessEscapes_isNormalisedOnce() throws Exception {
    assertTarget("/a/./b/../%63?%63", "/a/c?%63");
  }

  @Test
  void method_inMixedCase_reachesBothAsSent() throws Exception {
    start(mirrored());

    assertThat(exchange(RawRequest.of("pAtch", "/").body("x")).status()).isEqualTo(200);

    assertThat(v1.take().method()).isEqualTo("pAtch");
    assertThat(v2.take().method()).isEqualTo("pAtch");
  }

  private void assertTarget(String sent, String received) throws Exception {
    start(mirrored());

    assertThat(get(sent).status()).isEqualTo(200);

    assertThat(v1.take().target()).isEqualTo(received);
    assertThat(v2.take().target()).isEqualTo(received);
  }

  private static List<String> linesBesides(RecordedRequest request, String... names) {
    return request.head().stream()
        .skip(1)
        .filter(
            line ->
                List.of(names).stream()
                    .noneMatch(
                        name -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1)))
        .toList();
  }
}
