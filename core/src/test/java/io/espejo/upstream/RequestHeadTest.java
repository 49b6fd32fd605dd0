package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.eclipse.jetty.http.HttpField;
import org.junit.jupiter.api.Test;

class RequestHeadTest {
  private record Request(String method, String protocol, Headers headers)
      implements DownstreamRequest {
    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String authority() {
      return "httpbin:8000";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public Optional<String> query() {
      return Optional.empty();
    }

    @Override
    public String peerAddress() {
      return "192.0.2.7";
    }
  }

  private static RequestHead head(String... lines) {
    return headOn("HTTP/1.1", lines);
  }

  private static RequestHead headOn(String protocol, String... lines) {
    return RequestHead.primary(new Request("GET", protocol, headers(lines)), "/");
  }

  private static Headers headers(String... lines) {
    Headers.Builder headers = Headers.builder();
    for (int i = 0; i < lines.length; i += 2) {
      headers.add(lines[i], lines[i + 1]);
    }
    return headers.build();
  }

  private static List<String> values(RequestHead head, String name) {
    return head.fields().stream()
        .filter(field -> field.getName().equalsIgnoreCase(name))
        .map(HttpField::getValue)
        .toList();
  }

  @Test
  void hopByHop_andThoseThatConnectionNames_goNowhere() {
    RequestHead head =
        head(
            "Connection", "keep-alive, X-Hop,x-other",
            "X-Hop", "1",
            "x-Other", "2",
            "Keep-Alive", "timeout=5",
            "Proxy-Connection", "close",
            "Upgrade", "h2c",
            "HTTP2-Settings", "x",
            "TE", "gzip",
            "Expect", "100-continue",
            "Accept", "*/*");

    assertThat(head.fields().stream().map(HttpField::getName))
        .containsExactly(
            "Host",
            "Accept",
            "x-request-id",
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "x-envoy-attempt-count");
  }

  /** What Envoy 1.40's routes matched, asked. */
  @Test
  void matched_linesOfTheConnectionAlone_areNotSeen() {
    assertThat(
            matched(
                "Connection", "close, X-Hop",
                "x-hop", "1",
                "Keep-Alive", "timeout=5",
                "Proxy-Connection", "close",
                "Transfer-Encoding", "chunked",
                "Upgrade", "websocket",
                "TE", "gzip",
                "te", "gzip, Trailers",
                "Expect", "100-continue",
                "x-envoy-internal", "true",
                "X-Forwarded-Client-Cert", "By=a",
                "X-Espejo-Mirror", "a",
                "trailer", "x-sum",
                "Content-Length", "0"))
        .containsExactly(
            "te: trailers", "X-Espejo-Mirror: a", "trailer: x-sum", "Content-Length: 0");
  }

  @Test
  void matched_upgrade_keepsTheLinesThatAskForIt() {
    assertThat(matched("Connection", "keep-alive, Upgrade", "Upgrade", "websocket"))
        .containsExactly("Connection: keep-alive, Upgrade", "Upgrade: websocket");
    assertThat(matched("Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c")).isEmpty();
  }

  private static List<String> matched(String... lines) {
    Headers seen = RequestHead.matched(new Request("GET", "HTTP/1.1", headers(lines)));
    return IntStream.range(0, seen.size())
        .mapToObj(line -> seen.name(line) + ": " + seen.value(line))
        .toList();
  }

  @Test
  void te_trailers_stays() {
    assertThat(values(head("TE", "trailers"), "TE")).containsExactly("trailers");
    assertThat(values(head("TE", "gzip, Trailers"), "TE")).containsExactly("trailers");
  }

  @Test
  void clientsEnvoyHeadersAndMarker_areDropped() {
    RequestHead head =
        head(
            "X-Envoy-Attempt-Count", "7",
            "x-envoy-internal", "true",
            "X-Espejo-Mirror", "other",
            "X-Espejo-Rebuilt", "true");

    assertThat(values(head, "x-envoy-attempt-count")).containsExactly("1");
    assertThat(values(head, "x-envoy-internal")).isEmpty();
    assertThat(values(head, RequestHead.MARKER)).isEmpty();
    assertThat(values(head, RequestHead.REBUILT)).isEmpty();
    assertThat(values(head.rebuilt(1), RequestHead.REBUILT)).containsExactly("true");
  }

  @Test
  void forwardedFor_isExtendedByThePeer_othersAreOurs() {
    RequestHead head =
        head(
            "X-Forwarded-For", "10.0.0.1",
            "X-Forwarded-For", "10.0.0.2",
            "X-Forwarded-Proto", "https",
            "X-Forwarded-Host", "evil");

    assertThat(values(head, "x-forwarded-for")).containsExactly("10.0.0.1,10.0.0.2,192.0.2.7");
    assertThat(values(head, "x-forwarded-proto")).containsExactly("http");
    assertThat(values(head, "x-forwarded-host")).containsExactly("httpbin:8000");
  }

  @Test
  void requestId_isKept_orMade() {
    assertThat(head("X-Request-Id", "abc").requestId()).isEqualTo("abc");
    RequestHead blank = head("X-Request-Id", " ");
    assertThat(values(blank, "x-request-id")).containsExactly(blank.requestId());
    RequestHead made = head();
    assertThat(made.requestId())
        .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-.*");
    assertThat(values(made, "x-request-id")).containsExactly(made.requestId());
  }

  @Test
  void repeatedHeaders_stayLinesOfTheirOwnInOrder() {
    assertThat(values(head("A", "1", "B", "2", "a", "3"), "a")).containsExactly("1", "3");
  }

  @Test
  void shadow_hasItsHostAndTheMarker_andEverythingElse() {
    RequestHead primary = head("Accept", "*/*");
    RequestHead shadow = primary.shadow("httpbin-shadow:8000", "here");

    assertThat(values(shadow, "host")).containsExactly("httpbin-shadow:8000");
    assertThat(values(shadow, RequestHead.MARKER)).containsExactly("here");
    assertThat(shadow.requestId()).isEqualTo(primary.requestId());
    assertThat(values(primary, RequestHead.MARKER)).isEmpty();
    assertThat(values(primary, "host")).containsExactly("httpbin:8000");
  }

  @Test
  void framing_isThatOfTheClient() {
    assertThat(head().framing()).isEqualTo(RequestHead.Framing.NONE);
    assertThat(head().hasBody()).isFalse();
    assertThat(head("Content-Length", "0").framing()).isEqualTo(RequestHead.Framing.LENGTH);
    assertThat(head("Content-Length", "0").hasBody()).isFalse();
    assertThat(values(head("Content-Length", "0"), "content-length")).containsExactly("0");
    assertThat(head("Content-Length", "5").contentLength()).isEqualTo(5);
    RequestHead chunked = head("Transfer-Encoding", "chunked", "Content-Length", "5");
    assertThat(chunked.framing()).isEqualTo(RequestHead.Framing.CHUNKED);
    assertThat(chunked.contentLength()).isEqualTo(-1);
    assertThat(values(chunked, "content-length")).isEmpty();
    assertThat(headOn("HTTP/2.0").framing()).isEqualTo(RequestHead.Framing.UNKNOWN);
  }

  @Test
  void upgrade_thatConnectionNames_goesToV1() {
    RequestHead head = head("Connection", "keep-alive, upgrade", "Upgrade", "websocket, chat/2");

    assertThat(head.isUpgrade()).isTrue();
    assertThat(values(head, "upgrade")).containsExactly("websocket, chat/2");
    assertThat(values(head, "connection")).containsExactly("Upgrade");
  }

  @Test
  void upgrade_toHttp2_isLeftOut() {
    RequestHead head =
        head("Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAM");

    assertThat(head.isUpgrade()).isFalse();
    assertThat(values(head, "connection")).isEmpty();
    assertThat(values(head, "http2-settings")).isEmpty();
    assertThat(values(head("Connection", "Upgrade", "Upgrade", "H2C, websocket"), "upgrade"))
        .containsExactly("websocket");
  }

  @Test
  void upgrade_thatIsNone_isLeftOut() {
    assertThat(head("Upgrade", "websocket").isUpgrade()).isFalse();
    assertThat(head("Connection", "Upgrade").isUpgrade()).isFalse();
    assertThat(head("Connection", "Upgrade", "Upgrade", " , ").isUpgrade()).isFalse();
    assertThat(headOn("HTTP/1.0", "Connection", "Upgrade", "Upgrade", "websocket").isUpgrade())
        .isFalse();
  }

  @Test
  void upgrade_withABody_isLeftOut() {
    assertThat(head("Connection", "Upgrade", "Upgrade", "x", "Content-Length", "1").isUpgrade())
        .isFalse();
    assertThat(
            head("Connection", "Upgrade", "Upgrade", "x", "Transfer-Encoding", "chunked")
                .isUpgrade())
        .isFalse();
    assertThat(head("Connection", "Upgrade", "Upgrade", "x", "Content-Length", "0").isUpgrade())
        .isTrue();
  }

  /** A client may send thousands of lines of a few bytes: what counts is what they hold. */
  @Test
  void memory_ofManyShortLines_isAboutWhatTheyTakeOfTheHeap() {
    List<RequestHead> heads = new ArrayList<>();
    long before = heap();
    for (int i = 0; i < 30; i++) {
      Headers.Builder lines = Headers.builder();
      for (int line = 0; line < 10_000; line++) {
        lines.add("x" + line, Integer.toString(line));
      }
      heads.add(RequestHead.primary(new Request("GET", "HTTP/1.1", lines.build()), "/"));
    }

    long taken = heap() - before;

    long counted = heads.stream().mapToLong(RequestHead::memory).sum();
    assertThat(counted).isBetween(taken * 8 / 10, taken * 2);
  }

  private static long heap() {
    Runtime runtime = Runtime.getRuntime();
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }
}
