package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import io.espejo.upstream.TlsSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a ServiceEntry and its WorkloadEntries lead: the rows of the research's 3.5. */
class ServiceEntryTest {
  private static final String WORKLOADS =
      """
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: one, labels: {version: v1}}
      spec: {address: 192.0.2.1, labels: {app: x, version: v0}, ports: {http: 8080}, weight: 3}
      ---
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: two}
      spec: {address: two.org, labels: {app: x}}
      ---
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: other, namespace: other}
      spec: {address: 192.0.2.3, labels: {app: x}, locality: a/b, network: net, serviceAccount: s}
      """;

  private static String service(String spec) {
    return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec:
          hosts: [x.org]
          ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8000}]
        """
        + spec.indent(2);
  }

  private static ClusterSpec cluster(String... texts) throws RulesException {
    ClusterSpec cluster = Texts.compile(texts).clusters().get("outbound|80||x.org");
    assertThat(cluster).isNotNull();
    return cluster;
  }

  @Test
  void hosts_ofOneEntry_haveItsPortsAndEndpointsEach() throws Exception {
    CompiledRules rules =
        Texts.compile(
            service("resolution: STATIC\nendpoints: [{address: 192.0.2.1}]")
                .replace("[x.org]", "[x.org, '*.y.org']"));
    for (String host : List.of("x.org", "*.y.org")) {
      assertThat(rules.clusters().get("outbound|80||" + host).endpoints())
          .containsExactly(new EndpointSpec("192.0.2.1", 8000, 1));
    }
    assertThat(rules.routes().virtualHost("a.y.org:80")).isPresent();
    assertThat(rules.routes().virtualHost("y.org")).isEmpty();
  }

  @Test
  void exportTo_ofOthers_isLeftWithAWarning() throws Exception {
    CompiledRules rules = Texts.compile(service("resolution: DNS\nexportTo: [other]"));
    assertThat(rules.clusters()).isEmpty();
    assertThat(rules.warnings())
        .singleElement()
        .asString()
        .endsWith("x is exported to other namespaces alone");
  }

  @Test
  void endpoint_ofWeight0_hasWeight1() throws Exception {
    assertThat(
            cluster(service("resolution: STATIC\nendpoints: [{address: 192.0.2.1, weight: 0}]"))
                .endpoints())
        .containsExactly(new EndpointSpec("192.0.2.1", 8000, 1));
  }

  @Test
  void dns_withoutEndpoints_resolvesTheHostItself() throws Exception {
    ClusterSpec cluster = cluster(service("resolution: DNS"));
    assertThat(cluster.resolution()).isEqualTo(Resolution.DNS);
    assertThat(cluster.endpoints()).containsExactly(new EndpointSpec("x.org", 8000, 1));
  }

  @Test
  void dns_withEndpoints_resolvesThose() throws Exception {
    assertThat(
            cluster(
                    service(
                        "resolution: DNS\n"
                            + "endpoints: [{address: a.org, ports: {http: 1}, weight: 2},"
                            + " {address: 192.0.2.1}]"))
                .endpoints())
        .containsExactly(new EndpointSpec("a.org", 1, 2), new EndpointSpec("192.0.2.1", 8000, 1));
  }

  @Test
  void dnsRoundRobin_isTaken() throws Exception {
    assertThat(cluster(service("resolution: DNS_ROUND_ROBIN")).resolution())
        .isEqualTo(Resolution.DNS_ROUND_ROBIN);
  }

  @Test
  void static_unixSocket_isTaken() throws Exception {
    assertThat(
            cluster(service("resolution: STATIC\nendpoints: [{address: 'unix:///run/x.sock'}]"))
                .endpoints())
        .extracting(EndpointSpec::address)
        .containsExactly("unix:///run/x.sock");
  }

  @Test
  void workloadSelector_findsWorkloadsOfItsNamespaceByLabels() throws Exception {
    String service = service("resolution: DNS\nworkloadSelector: {labels: {app: x}}");
    assertThat(cluster(service, WORKLOADS).endpoints())
        .containsExactly(
            new EndpointSpec("192.0.2.1", 8080, 3), new EndpointSpec("two.org", 8000, 1));
  }

  @Test
  void workload_labelsOfItsMetadata_standOverItsOwn() throws Exception {
    String service = service("resolution: STATIC\nworkloadSelector: {labels: {version: v1}}");
    assertThat(cluster(service, WORKLOADS).endpoints())
        .extracting(EndpointSpec::address)
        .containsExactly("192.0.2.1");
  }

  @Test
  void workload_nameForAStaticService_isLeftWithAWarning() throws Exception {
    CompiledRules rules =
        Texts.compile(
            service("resolution: STATIC\nworkloadSelector: {labels: {app: x}}"), WORKLOADS);
    assertThat(rules.clusters().get("outbound|80||x.org").endpoints()).hasSize(1);
    assertThat(rules.warnings()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP, HTTP1",
    "http2, HTTP2",
    "GRPC, HTTP2",
    "grpc-web, HTTP2",
    "HTTPS, HTTP1",
    "TCP, HTTP1"
  })
  void port_protocol_decidesWhatIsSpoken(String protocol, Protocol expected) throws Exception {
    assertThat(
            cluster(
                    service("resolution: STATIC")
                        .replace("protocol: HTTP", "protocol: " + protocol))
                .protocol())
        .isEqualTo(expected);
  }

  @Test
  void ports_withoutHttp_haveNoRouteOfTheirOwn() throws Exception {
    CompiledRules rules =
        Texts.compile(service("resolution: STATIC").replace("protocol: HTTP", "protocol: MONGO"));
    assertThat(rules.routes().virtualHost("x.org").get().routes()).isEmpty();
    assertThat(rules.warnings()).hasSize(1);
  }

  @Test
  void port_udp_hasNoCluster() throws Exception {
    assertThat(
            Texts.compile(service("resolution: STATIC").replace("protocol: HTTP", "protocol: UDP"))
                .clusters())
        .isEmpty();
  }

  @Test
  void ports_ofOneNumber_areRefusedWhateverTheirProtocols() {
    assertThat(
            Texts.refusal(
                service("resolution: STATIC")
                    .replace("ports: [", "ports: [{number: 80, name: quic, protocol: UDP}, ")))
        .anyMatch(line -> line.endsWith("spec.ports[1]: duplicate port number 80"));
  }

  @Test
  void subjectAltNames_standWhereTheRuleSaysNone() throws Exception {
    String rule =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: x}
        spec: {host: x.org, trafficPolicy: {tls: {mode: SIMPLE}}}
        """;
    assertThat(
            cluster(service("resolution: DNS\nsubjectAltNames: [a.org]"), rule)
                .tls()
                .map(TlsSpec::subjectAltNames))
        .contains(List.of("a.org"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '§',
      value = {
        "location: MESH_EXTERNAL|spec.resolution: missing, which means NONE; this is not carried"
            + " out: it sends to the address that the client meant, which a server does not know",
        "resolution: DYNAMIC_DNS|spec.resolution: DYNAMIC_DNS is not carried out: it sends to the"
            + " address that the client meant, which a server does not know",
        "{resolution: DNS_ROUND_ROBIN, endpoints: [{address: a.org}, {address: b.org}]}|several"
            + " endpoints (expected: one, for DNS_ROUND_ROBIN)",
        "{resolution: STATIC, endpoints: [{address: a.org}]}|a.org (expected: an IP address, or"
            + " the resolution DNS)",
        "{resolution: STATIC, endpoints: [{address: 'unix://x'}]}|\"unix://x\" (expected: unix://"
            + " and the absolute path of a socket)",
        "{resolution: STATIC, endpoints: [{address: 'unix://@x'}]}|abstract sockets are not carried"
            + " out (expected: an absolute path)",
        "{resolution: STATIC, endpoints: [{address: 'unix:///x', ports: {http: 1}}]}|ports of a"
            + " Unix domain socket (expected: none)",
        "{resolution: DNS, endpoints: [{address: 'unix:///x'}]}|a Unix domain socket (expected: the"
            + " resolution STATIC)",
        "{resolution: STATIC, endpoints: [{address: 192.0.2.1}], workloadSelector: {labels: {a: b}}}|workloadSelector"
            + " beside endpoints (expected: one of them)",
        "{resolution: DNS, addresses: [10.0.0.0/8]}|a network (expected: the resolution STATIC)",
        "{resolution: STATIC, endpoints: [{address: ''}]}|missing (expected: an IP address or a DNS"
            + " name)",
        "{resolution: DNS, endpoints: [{address: a_b}]}|a_b (expected: an IP address or a DNS"
            + " name)",
        "{resolution: DNS, endpoints: [{address: '12'}]}|\"12\" (expected: an IP address or a DNS"
            + " name)",
        "{resolution: DNS, endpoints: [{network: net}]}|missing (expected: an IP address or a DNS"
            + " name)",
        "{resolution: STATIC, exportTo: ['~', shop]}|a namespace beside ~ (expected: one of them)",
        "{resolution: STATIC, exportTo: ['.', '~']}|a namespace beside ~ (expected: one of them)",
      })
  void serviceEntry_malformed_isRefused(String spec, String message) {
    String fields = spec.startsWith("{") ? spec.substring(1, spec.length() - 1) : spec;
    String text =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec: {hosts: [x.org], ports: [{number: 80, name: http, protocol: HTTP}], %s}
        """
            .formatted(fields);
    assertThat(Texts.refusal(text)).hasSize(1).first().asString().endsWith(message);
  }

  @Test
  void hosts_severalWithAPortThatTellsNoneApart_areRefused() {
    assertThat(
            Texts.refusal(
                service("resolution: STATIC")
                    .replace("[x.org]", "[x.org, y.org]")
                    .replace("protocol: HTTP", "protocol: MYSQL")))
        .anyMatch(
            line ->
                line.endsWith("a port that tells no hosts apart (expected: HTTP, or one host)"));
  }

  @Test
  void endpoint_ofANetworkWithoutAnAddress_isLeftWithAWarning() throws Exception {
    CompiledRules rules =
        Texts.compile(
            service("resolution: STATIC\nendpoints: [{network: net}, {address: 192.0.2.1}]"));
    assertThat(rules.clusters().get("outbound|80||x.org").endpoints()).hasSize(1);
    assertThat(rules.warnings()).hasSize(1);
  }

  @Test
  void endpoints_emptyBesideASelector_areNone() throws Exception {
    String service =
        service("resolution: DNS\nendpoints: []\nworkloadSelector: {labels: {app: x}}");
    assertThat(cluster(service, WORKLOADS).endpoints()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"'*.x.org'", "'12'"})
  void dns_hostThatIsNoNameWithoutEndpoints_isRefused(String host) {
    assertThat(Texts.refusal(service("resolution: DNS").replace("x.org", host)))
        .filteredOn(line -> !line.contains("warning"))
        .singleElement()
        .asString()
        .endsWith("a host that is no name to resolve (expected: endpoints)");
  }

  @Test
  void resolution_none_isRefusedWithTheReason() {
    assertThat(Texts.refusal(service("resolution: NONE")))
        .singleElement()
        .asString()
        .contains("NONE is not carried out: it sends to the address that the client meant");
  }
}
