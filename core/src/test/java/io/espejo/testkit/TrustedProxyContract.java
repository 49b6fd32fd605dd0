package io.espejo.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espejo.testkit.RulesYaml.Route;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whose word on the client is taken, with the tests' own client as the proxy (SEMANTICS 3). */
abstract class TrustedProxyContract extends GatewayFixture {
  private static final String[] TRUSTED = {"trustedProxies", "10.0.0.0/8, 127.0.0.0/8, ::1"};
  private static final RawRequest PROXIED =
      RawRequest.get("/")
          .host("shop.example:81")
          .header("X-Forwarded-For", "198.51.100.1, 203.0.113.9")
          .header("X-Forwarded-For", "10.0.0.7")
          .header("X-Forwarded-Proto", "https")
          .header("X-Forwarded-Host", "www.shop.example")
          .header("X-Forwarded-Client-Cert", "Subject=\"CN=shop\"")
          .header("X-Request-Id", "abc")
          .header("X-Envoy-Retry-On", "5xx");

  TrustedProxyContract(GatewayContract container) {
    super(container);
  }

  /** The route, telling v1 and v2 which addresses it saw. */
  private RulesYaml telling(Route route) {
    return routes(
        route.with(
            "headers:",
            "  request:",
            "    set:",
            "      x-client: \"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%\"",
            "      x-peer: \"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%\""));
  }

  @Test
  void forwardedHeaders_ofATrustedPeer_areKeptAndExtended() throws Exception {
    start(telling(Route.to("v1").mirror("v2")), TRUSTED);

    exchange(PROXIED);

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(forwardedFor(request)).isEqualTo("198.51.100.1,203.0.113.9,10.0.0.7,127.0.0.1");
      assertThat(request.headers().all("X-Forwarded-Proto")).containsExactly("https");
      assertThat(request.headers().all("X-Forwarded-Host")).containsExactly("www.shop.example");
      assertThat(request.headers().all("X-Request-Id")).containsExactly("abc");
      assertThat(request.headers().contains("X-Envoy-Retry-On")).isFalse();
      assertThat(request.header("X-Forwarded-Client-Cert")).isEqualTo("Subject=\"CN=shop\"");
      assertThat(request.headers().all("x-client")).containsExactly("203.0.113.9");
      assertThat(request.headers().all("x-peer")).containsExactly("127.0.0.1");
    }
  }

  @Test
  void match_onWhatOnlyProxiesSay_seesItFromATrustedPeer() throws Exception {
    start(
        routes(
            Route.to("v1")
                .match(
                    "headers: {x-forwarded-client-cert: {regex: '.*CN=shop.*'},"
                        + " x-envoy-retry-on: {exact: 5xx}}")),
        TRUSTED);

    assertThat(exchange(PROXIED).text()).isEqualTo("v1");

    v1.take();
  }

  @Test
  void forwardedHeaders_ofAnyoneElse_areNotBelieved() throws Exception {
    start(telling(Route.to("v1").mirror("v2")), "trustedProxies", "10.0.0.0/8");

    exchange(PROXIED);

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(forwardedFor(request)).isEqualTo("198.51.100.1,203.0.113.9,10.0.0.7,127.0.0.1");
      assertThat(request.headers().all("X-Forwarded-Proto")).containsExactly("http");
      assertThat(request.headers().all("X-Forwarded-Host")).containsExactly("shop.example:81");
      assertThat(request.headers().contains("X-Forwarded-Client-Cert")).isFalse();
      assertThat(request.headers().all("x-client")).containsExactly("127.0.0.1");
    }
  }

  @Test
  void forwardedHeaders_absentFromATrustedPeer_areOurs() throws Exception {
    start(telling(Route.to("v1")), TRUSTED);

    get("/");

    RecordedRequest request = v1.take();
    assertThat(forwardedFor(request)).isEqualTo("127.0.0.1");
    assertThat(request.headers().all("X-Forwarded-Proto")).containsExactly("http");
    assertThat(request.headers().all("X-Forwarded-Host")).containsExactly("httpbin");
    assertThat(request.headers().all("x-client")).containsExactly("127.0.0.1");
  }

  @Test
  void forwardedAndPrefix_ofAnybody_passAsTheyAre() throws Exception {
    start(mirrored());

    exchange(
        RawRequest.get("/")
            .header("Forwarded", "for=203.0.113.9;proto=https")
            .header("X-Forwarded-Prefix", "/shop")
            .header("X-Forwarded-Port", "8443"));

    for (RecordedRequest request : List.of(v1.take(), v2.take())) {
      assertThat(request.headers().all("Forwarded")).containsExactly("for=203.0.113.9;proto=https");
      assertThat(request.headers().all("X-Forwarded-Prefix")).containsExactly("/shop");
      assertThat(request.headers().all("X-Forwarded-Port")).containsExactly("8443");
    }
  }

  @Test
  void match_onScheme_seesTheTrustedPeersWord() throws Exception {
    start(routes(Route.to("v2").match("scheme: {exact: https}"), Route.to("v1")), TRUSTED);

    assertThat(exchange(PROXIED).text()).isEqualTo("v2");
    assertThat(get("/").text()).isEqualTo("v1");

    v2.take();
    v1.take();
  }

  @Test
  void redirect_behindATrustedPeer_leadsToItsScheme() throws Exception {
    start(routes(new Route(List.of("redirect:", "  uri: /there"))), TRUSTED);

    assertThat(exchange(PROXIED).header("Location")).isEqualTo("https://shop.example:81/there");
  }

  @Test
  void consistentHash_onSourceIp_isTheClientsBehindATrustedPeer() throws Exception {
    start(
        service()
            .with(
                """
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata:
                  name: httpbin-policy
                spec:
                  host: httpbin
                  trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true}}}
                """),
        TRUSTED);
    Set<String> reached = new HashSet<>();
    for (int i = 1; i <= 30; i++) {
      RawRequest request =
          RawRequest.get("/").host("httpbin:8000").header("X-Forwarded-For", "203.0.113." + i);
      String first = exchange(request).text();
      assertThat(exchange(request).text()).isEqualTo(first);
      reached.add(first);
    }

    assertThat(reached).containsExactlyInAnyOrder("v1", "v2");
    v1.drain();
    v2.drain();
  }

  @Test
  void setting_thatIsNoNetwork_failsTheDeployment() {
    assertThatThrownBy(() -> start(mirrored(), "trustedProxies", "proxy.example"))
        .isInstanceOf(Exception.class);
  }

  private static String forwardedFor(RecordedRequest request) {
    assertThat(request.headers().all("X-Forwarded-For")).hasSize(1);
    return request.header("X-Forwarded-For").replace(" ", "");
  }
}
