package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.upstream.Balancing;
import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.Keepalive;
import io.espejo.upstream.ClusterSpec.OutlierDetection;
import io.espejo.upstream.ClusterSpec.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a DestinationRule makes of a cluster: the rows of the research's 3.4. */
class DestinationRuleTest {
  private static final String SERVICE =
      """
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: x}
      spec:
        hosts: [x.org]
        ports: [{number: 80, name: http, protocol: HTTP}, {number: 81, name: other, protocol: HTTP}]
        resolution: STATIC
        endpoints: [{address: 192.0.2.1, labels: {v: "1"}}]
      """;

  private static String rule(String spec) {
    return """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: x}
        spec:
          host: x.org
        """
        + spec.indent(2);
  }

  private static Map<String, ClusterSpec> clusters(String spec) throws RulesException {
    return Texts.compile(rule(spec), SERVICE).clusters();
  }

  private static ClusterSpec cluster(String policy) throws RulesException {
    ClusterSpec cluster = clusters("trafficPolicy: " + policy).get("outbound|80||x.org");
    assertThat(cluster).isNotNull();
    return cluster;
  }

  private static String refusal(String policy) {
    List<String> lines =
        Texts.refusal(rule("trafficPolicy: " + policy), SERVICE).stream()
            .filter(line -> !line.contains("warning: "))
            .toList();
    assertThat(lines).hasSize(1);
    return lines.get(0);
  }

  private static List<String> warnings(String policy) throws RulesException {
    return Texts.compile(rule("trafficPolicy: " + policy), SERVICE).warnings().stream()
        .map(Problem::message)
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "shop, shop, true",
    "default, shop, true",
    "istio-system, shop, true",
    "other, shop, false",
    "shop, default, false"
  })
  void namespace_thatIsNeitherOursNorTheServicesNorTheRoot_isNotAsked(
      String rules, String services, boolean asked) throws RulesException {
    String rule = rule("trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}");
    ClusterSpec cluster =
        Texts.compile(
                rule.replace("name: x}", "name: x, namespace: " + rules + "}"),
                SERVICE.replace("name: x}", "name: x, namespace: " + services + "}"))
            .clusters()
            .get("outbound|80||x.org");
    assertThat(cluster.pool().maxConnections() == 7).isEqualTo(asked);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.org", "X.org", "*.org", "*"})
  void host_thatCoversTheService_sets(String host) throws RulesException {
    String rule = rule("trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}");
    ClusterSpec cluster =
        Texts.compile(rule.replace("host: x.org", "host: '" + host + "'"), SERVICE)
            .clusters()
            .get("outbound|80||x.org");
    assertThat(cluster.pool().maxConnections()).isEqualTo(7);
  }

  @Test
  void trafficPolicy_absent_isTheDefault() throws Exception {
    ClusterSpec cluster = clusters("{}".replace("{}", "")).get("outbound|80||x.org");
    assertThat(cluster)
        .isEqualTo(
            ClusterSpec.of(
                "outbound|80||x.org", List.of(new ClusterSpec.EndpointSpec("192.0.2.1", 80, 1))));
  }

  @Test
  void subset_ofLabels_hasTheEndpointsThatHaveThemAll() throws Exception {
    String service =
        SERVICE.replace(
            "endpoints: [{address: 192.0.2.1, labels: {v: \"1\"}}]",
            """
            endpoints:
              - {address: 192.0.2.1, labels: {v: "1", zone: a, app: x}}
              - {address: 192.0.2.2, labels: {v: "1", zone: b}}
              - {address: 192.0.2.3, labels: {v: "2", zone: a}}
              - {address: 192.0.2.4}
            """);
    Map<String, ClusterSpec> clusters =
        Texts.compile(
                rule(
                    """
                    subsets:
                    - {name: one, labels: {v: "1"}}
                    - {name: both, labels: {v: "1", zone: a}}
                    - {name: none, labels: {v: "1", zone: c}}
                    - {name: all}
                    """),
                service)
            .clusters();
    assertThat(hosts(clusters, "one")).containsExactly(1, 2);
    assertThat(hosts(clusters, "both")).containsExactly(1);
    assertThat(hosts(clusters, "none")).isEmpty();
    assertThat(hosts(clusters, "all")).containsExactly(1, 2, 3, 4);
    assertThat(hosts(clusters, "")).containsExactly(1, 2, 3, 4);
  }

  /** The last numbers of a subset's addresses. */
  private static List<Integer> hosts(Map<String, ClusterSpec> clusters, String subset) {
    return clusters.get("outbound|80|" + subset + "|x.org").endpoints().stream()
        .map(endpoint -> Integer.valueOf(endpoint.address().substring(8)))
        .toList();
  }

  @Test
  void subsetPolicy_overridesFieldByField() throws Exception {
    Map<String, ClusterSpec> clusters =
        clusters(
            """
            trafficPolicy:
              connectionPool: {tcp: {maxConnections: 1}}
              loadBalancer: {simple: RANDOM}
            subsets:
            - name: v1
              labels: {v: "1"}
              trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}
            """);
    ClusterSpec v1 = clusters.get("outbound|80|v1|x.org");
    assertThat(v1.balancing()).isEqualTo(new Balancing.RoundRobin());
    assertThat(v1.pool().maxConnections()).isEqualTo(1);
    assertThat(clusters.get("outbound|80||x.org").balancing()).isEqualTo(new Balancing.Random());
  }

  @Test
  void portLevelSettings_replaceAllOthers() throws Exception {
    Map<String, ClusterSpec> clusters =
        clusters(
            """
            trafficPolicy:
              connectionPool: {tcp: {maxConnections: 1}}
              portLevelSettings:
              - port: {number: 81}
                loadBalancer: {simple: RANDOM}
            subsets:
            - name: v1
              trafficPolicy:
                outlierDetection: {}
                portLevelSettings:
                - port: {number: 80}
                  loadBalancer: {simple: ROUND_ROBIN}
            """);
    assertThat(clusters.get("outbound|80||x.org").pool().maxConnections()).isEqualTo(1);
    assertThat(clusters.get("outbound|81||x.org").pool()).isEqualTo(ConnectionPool.DEFAULT);
    assertThat(clusters.get("outbound|81||x.org").balancing()).isEqualTo(new Balancing.Random());
    ClusterSpec v1 = clusters.get("outbound|80|v1|x.org");
    assertThat(v1.balancing()).isEqualTo(new Balancing.RoundRobin());
    assertThat(v1.pool()).isEqualTo(ConnectionPool.DEFAULT);
    assertThat(v1.outliers()).isEmpty();
    assertThat(clusters.get("outbound|81|v1|x.org").outliers()).isPresent();
    assertThat(clusters.get("outbound|81|v1|x.org").balancing()).isEqualTo(new Balancing.Random());
  }

  @Test
  void connectionPool_everyField_isRead() throws Exception {
    assertThat(
            cluster(
                    """
                    {connectionPool: {tcp: {maxConnections: 1, connectTimeout: 0.25s,
                      maxConnectionDuration: 1h30m, idleTimeout: 9s,
                      tcpKeepalive: {probes: 2, time: 7200s, interval: 75s}},
                      http: {http1MaxPendingRequests: 2, http2MaxRequests: 3,
                      maxRequestsPerConnection: 4, maxRetries: 5, idleTimeout: 500ms,
                      h2UpgradePolicy: DO_NOT_UPGRADE, useClientProtocol: false,
                      maxConcurrentStreams: 6}}}""")
                .pool())
        .isEqualTo(
            new ConnectionPool(
                1,
                2,
                3,
                5,
                4,
                6,
                Optional.of(Duration.ofMillis(250)),
                Optional.of(Duration.ofMinutes(90)),
                Optional.of(Duration.ofMillis(500)),
                Optional.of(new Keepalive(2, 7200, 75))));
  }

  @Test
  void connectionPool_zero_isUnset() throws Exception {
    assertThat(
            cluster(
                    "{connectionPool: {tcp: {maxConnections: 0, idleTimeout: 0s}, http:"
                        + " {http1MaxPendingRequests: 0, http2MaxRequests: 0,"
                        + " maxRequestsPerConnection: 0, maxRetries: 0, maxConcurrentStreams: 0}}}")
                .pool())
        .isEqualTo(ConnectionPool.DEFAULT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "'0'", "500us", "999.9us"})
  void tcpIdleTimeout_lessThanAMillisecond_isUnset(String idle) throws Exception {
    assertThat(cluster("{connectionPool: {tcp: {idleTimeout: " + idle + "}}}").pool())
        .isEqualTo(ConnectionPool.DEFAULT);
    assertThat(refusal("{connectionPool: {tcp: {idleTimeout: 1500us}}}"))
        .endsWith(
            "idleTimeout: 1500us (expected: 0s or a duration of 1ms or more, in whole"
                + " milliseconds, such as 250ms or 1.5s)");
    assertThat(refusal("{connectionPool: {http: {idleTimeout: 500us}}}")).contains("500us");
  }

  @ParameterizedTest
  @CsvSource({"0s, 0", "1us, 0", "1999ms, 1", "90.5s, 90"})
  void httpCookieTtl_ofAnyLength_countsInWholeSeconds(String ttl, int seconds) throws Exception {
    assertThat(hash("{httpCookie: {name: u, ttl: " + ttl + "}}"))
        .isEqualTo(
            new Balancing.Key.Cookie("u", Optional.of(Duration.ofSeconds(seconds)), "", List.of()));
  }

  @Test
  void h2UpgradePolicy_upgrade_speaksHttp2() throws Exception {
    assertThat(cluster("{connectionPool: {http: {h2UpgradePolicy: UPGRADE}}}").protocol())
        .isEqualTo(Protocol.HTTP2);
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP, DEFAULT, HTTP1",
    "HTTP, DO_NOT_UPGRADE, HTTP1",
    "HTTP2, DEFAULT, HTTP2",
    "GRPC, DO_NOT_UPGRADE, HTTP2"
  })
  void h2UpgradePolicy_others_leaveWhatThePortSpeaks(String port, String policy, Protocol expected)
      throws Exception {
    String rule =
        rule("trafficPolicy: {connectionPool: {http: {h2UpgradePolicy: " + policy + "}}}");
    String service = SERVICE.replace("protocol: HTTP}", "protocol: " + port + "}");
    assertThat(Texts.compile(rule, service).clusters().get("outbound|80||x.org").protocol())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "LEAST_REQUEST, LeastRequest[]",
    "UNSPECIFIED, LeastRequest[]",
    "ROUND_ROBIN, RoundRobin[]",
    "RANDOM, Random[]"
  })
  void loadBalancer_simple_isTaken(String name, String expected) throws Exception {
    assertThat(cluster("{loadBalancer: {simple: " + name + "}}").balancing()).hasToString(expected);
  }

  @Test
  void loadBalancer_leastConn_isAnAliasWithAWarning() throws Exception {
    assertThat(cluster("{loadBalancer: {simple: LEAST_CONN}}").balancing())
        .isEqualTo(new Balancing.LeastRequest());
    assertThat(warnings("{loadBalancer: {simple: LEAST_CONN}}")).hasSize(1);
  }

  @Test
  void consistentHash_byEachKey_isRead() throws Exception {
    assertThat(
            List.of(
                hash("{httpHeaderName: x-user}"),
                hash(
                    "{httpCookie: {name: u, ttl: 60s, path: /p, attributes: [{name: SameSite,"
                        + " value: Lax}, {name: Secure}]}, maglev: {tableSize: 65537}}"),
                hash("{httpCookie: {name: u, ttl: 0s}, ringHash: {minimumRingSize: 2048}}"),
                hash("{useSourceIp: true}"),
                hash("{httpQueryParameterName: q, minimumRingSize: 10}")))
        .containsExactly(
            new Balancing.Key.Header("x-user"),
            new Balancing.Key.Cookie(
                "u", Optional.of(Duration.ofMinutes(1)), "/p", List.of("SameSite=Lax", "Secure")),
            new Balancing.Key.Cookie("u", Optional.of(Duration.ZERO), "", List.of()),
            new Balancing.Key.SourceIp(),
            new Balancing.Key.QueryParameter("q"));
  }

  private static Balancing.Key hash(String settings) throws RulesException {
    Balancing balancing = cluster("{loadBalancer: {consistentHash: " + settings + "}}").balancing();
    return ((Balancing.ConsistentHash) balancing).key();
  }

  @Test
  void outlierDetection_empty_hasEnvoysDefaults() throws Exception {
    assertThat(cluster("{outlierDetection: {}}").outliers())
        .contains(
            new OutlierDetection(5, 0, 0, Duration.ofSeconds(10), Duration.ofSeconds(30), 10, 0));
  }

  @Test
  void outlierDetection_everyField_isRead() throws Exception {
    assertThat(
            cluster(
                    """
                    {outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 2,
                      splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3,
                      interval: 1s, baseEjectionTime: 2m, maxEjectionPercent: 50,
                      minHealthPercent: 20}}""")
                .outliers())
        .contains(
            new OutlierDetection(0, 2, 3, Duration.ofSeconds(1), Duration.ofMinutes(2), 50, 20));
    assertThat(cluster("{outlierDetection: {splitExternalLocalOriginErrors: true}}").outliers())
        .contains(
            new OutlierDetection(5, 0, 5, Duration.ofSeconds(10), Duration.ofSeconds(30), 10, 0));
  }

  @Test
  void consecutiveErrors_isDeprecatedWithoutEffect() throws Exception {
    assertThat(warnings("{outlierDetection: {consecutiveErrors: 3}}")).hasSize(1);
  }

  @Test
  void tls_disableSimpleInsecure_areRead() throws Exception {
    assertThat(cluster("{tls: {mode: DISABLE}}").tls()).isEmpty();
    assertThat(cluster("{tls: {mode: SIMPLE}}").tls())
        .hasValueSatisfying(tls -> assertThat(tls.sni()).isEmpty());
    assertThat(cluster("{tls: {mode: SIMPLE, sni: a.org, subjectAltNames: [b.org]}}").tls().get())
        .satisfies(
            tls -> {
              assertThat(tls.sni()).isEqualTo("a.org");
              assertThat(tls.subjectAltNames()).containsExactly("b.org");
            });
    assertThat(cluster("{tls: {mode: SIMPLE, insecureSkipVerify: true}}").tls().get().insecure())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '§',
      value = {
        "{}|nothing is said (expected: at least one field)",
        "{connectionPool: {}}|nothing is said (expected: tcp or http)",
        "{connectionPool: {tcp: {maxConnections: -1}}}|-1 (expected: 0..2147483647)",
        "{connectionPool: {tcp: {connectTimeout: 0s}}}|0s (expected: a duration of 1ms or more, in"
            + " whole milliseconds, such as 250ms or 1.5s)",
        "{connectionPool: {tcp: {connectTimeout: 1500us}}}|1500us (expected: a duration of 1ms or"
            + " more, in whole milliseconds, such as 250ms or 1.5s)",
        "{connectionPool: {tcp: {connectTimeout: soon}}}|soon (expected: a duration of 1ms or more,"
            + " in whole milliseconds, such as 250ms or 1.5s)",
        "{connectionPool: {http: {h2UpgradePolicy: MAYBE}}}|MAYBE (expected: DEFAULT or DO_NOT_UPGRADE"
            + " or UPGRADE)",
        "{connectionPool: {http: {useClientProtocol: true}}}|not carried out by this version: a"
            + " cluster speaks one protocol (expected: h2UpgradePolicy, or the port's protocol)",
        "{connectionPool: {http: {http2KeepAlive: {interval: 1s, timeout: 1s}}}}|not carried out by"
            + " this version",
        "{loadBalancer: {simple: PASSTHROUGH}}|PASSTHROUGH is not carried out: it sends to the"
            + " address that the client meant, which a server does not know",
        "{loadBalancer: {warmup: {duration: 1s}}}|not carried out by this version",
        "{loadBalancer: {localityLbSetting: {enabled: true}}}|not carried out by this version",
        "{loadBalancer: {zoneAwareLbSetting: {enabled: true}}}|not carried out by this version",
        "{loadBalancer: {simple: RANDOM, warmupDurationSecs: 1s}}|not carried out by this version",
        "{loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}|consistentHash"
            + " beside simple (expected: one of them)",
        "{loadBalancer: {consistentHash: {httpCookie: {ttl: 1s}}}}|missing (expected: a cookie's"
            + " name)",
        "{loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65536}}}}|65536"
            + " (expected: a prime below 5000011)",
        "{loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 5000011}}}}|5000011"
            + " (expected: a prime below 5000011)",
        "{loadBalancer: {consistentHash: {useSourceIp: true, maglev: {}}}}|missing (expected: a"
            + " prime below 5000011)",
        "{outlierDetection: {consecutiveLocalOriginFailures: 1}}|without"
            + " splitExternalLocalOriginErrors (expected: both)",
        "{outlierDetection: {maxEjectionPercent: 101}}|101 (expected: 0..100)",
        "{outlierDetection: {maxEjectionPercent: -1}}|-1 (expected: 0..100)",
        "{outlierDetection: {minHealthPercent: 101}}|101 (expected: 0..100)",
        "{connectionPool: {http: {maxRetries: -1}}}|-1 (expected: 0..2147483647)",
        "{outlierDetection: {interval: 0s}}|0s (expected: a duration of 1ms or more, in whole"
            + " milliseconds, such as 250ms or 1.5s)",
        "{outlierDetection: {outlierDetectionHttpErrorCodes: [500]}}|not carried out by this"
            + " version",
        "{tls: {mode: ISTIO_MUTUAL}}|ISTIO_MUTUAL is not carried out: there is no sidecar here to"
            + " give the certificates (expected: DISABLE, SIMPLE or MUTUAL)",
        "{tls: {mode: SIMPLE, credentialName: a}}|not carried out: there is no Kubernetes secret"
            + " here (expected: clientCertificate, privateKey, caCertificates)",
        "{tls: {mode: SIMPLE, caCertificates: /no/such}}|/no/such (expected: a PEM file that can be"
            + " read)",
        "{tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a]}}|beside"
            + " caCertificates or subjectAltNames (expected: neither)",
        "{portLevelSettings: []}|nothing is said (expected: at least one field)",
        "{portLevelSettings: [{tls: {mode: DISABLE}}]}|missing (expected: a port's number)",
        "{portLevelSettings: [{port: {number: 80}}]}|nothing is said (expected: at least one"
            + " field)",
        "{proxyProtocol: {version: V1}}|not carried out by this version",
        "{tunnel: {targetHost: a.org, targetPort: 443}}|not carried out by this version",
        "{tls: {mode: SIMPLE, caCrl: /x}}|not carried out by this version",
        "{retryBudget: {percent: 20}}|not carried out by this version",
      })
  void trafficPolicy_malformed_isRefused(String policy, String message) {
    assertThat(refusal(policy)).endsWith(": " + message);
  }

  @Test
  void tlsMutual_withoutItsFiles_isRefusedForEach() {
    assertThat(Texts.refusal(rule("trafficPolicy: {tls: {mode: MUTUAL}}"), SERVICE))
        .containsExactly(
            "a.yaml:6:24: spec.trafficPolicy.tls.clientCertificate: missing (expected: a PEM file,"
                + " for MUTUAL)",
            "a.yaml:6:24: spec.trafficPolicy.tls.privateKey: missing (expected: a PEM file, for"
                + " MUTUAL)");
  }

  @Test
  void workloadSelector_isRefused() {
    assertThat(Texts.refusal(rule("workloadSelector: {matchLabels: {a: b}}"), SERVICE))
        .singleElement()
        .asString()
        .endsWith("spec.workloadSelector: not carried out by this version");
  }

  @Test
  void trafficPolicy_ofASecondRule_isNotTaken() throws Exception {
    String second =
        rule("trafficPolicy: {loadBalancer: {simple: RANDOM}}").replace("name: x", "name: z");
    CompiledRules rules =
        Texts.compile(
            rule("trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}"), SERVICE, second);
    assertThat(rules.clusters().get("outbound|80||x.org").balancing())
        .isEqualTo(new Balancing.RoundRobin());
    assertThat(rules.warnings()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"'.'", "'*'", "default"})
  void exportTo_ofThisNamespace_isTaken(String namespace) throws Exception {
    assertThat(
            clusters(
                    "exportTo: ["
                        + namespace
                        + "]\ntrafficPolicy: {loadBalancer: {simple: RANDOM}}")
                .get("outbound|80||x.org")
                .balancing())
        .isEqualTo(new Balancing.Random());
  }

  @Test
  void exportTo_ofOthers_isLeft() throws Exception {
    assertThat(
            clusters("exportTo: [other]\ntrafficPolicy: {loadBalancer: {simple: RANDOM}}")
                .get("outbound|80||x.org")
                .balancing())
        .isEqualTo(new Balancing.LeastRequest());
    assertThat(Texts.refusal(rule("exportTo: ['*', a, a]"), SERVICE)).hasSize(2);
  }
}
