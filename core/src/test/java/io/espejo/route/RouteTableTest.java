package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {
  private static final RouteTable TABLE =
      table("Example.com", "*.example.com", "*.b.example.com", "*-x.org", "[::1]", "httpbin");

  @ParameterizedTest
  @CsvSource({
    "example.com, Example.com",
    "EXAMPLE.com:8080, Example.com",
    "a.example.com, *.example.com",
    "A.B.C.example.COM:1, *.example.com",
    "a.b.example.com, *.b.example.com",
    "b.example.com, *.example.com",
    "a-x.org, *-x.org",
    "[::1], [::1]",
    "[::1]:9000, [::1]",
    "httpbin:, httpbin",
  })
  void authority_known_findsTheMostSpecificHost(String authority, String expected) {
    assertThat(TABLE.virtualHost(authority)).map(VirtualHost::name).contains(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "com", ".example.com", "-x.org", "x.org", "httpbin.", "::1", "httpbin.x"})
  void authority_unknown_findsNone(String authority) {
    assertThat(TABLE.virtualHost(authority)).isEmpty();
  }

  @Test
  void authority_unknownButStarExists_findsTheStar() {
    RouteTable table = table("*", "*.a", "b");
    assertThat(table.virtualHost("b")).map(VirtualHost::name).contains("b");
    assertThat(table.virtualHost("b.a")).map(VirtualHost::name).contains("*.a");
    assertThat(table.virtualHost("c")).map(VirtualHost::name).contains("*");
    assertThat(table.virtualHost("")).map(VirtualHost::name).contains("*");
  }

  @Test
  void table_empty_findsNone() {
    assertThat(RouteTable.EMPTY.virtualHost("httpbin")).isEmpty();
  }

  @Test
  void table_domainTwice_isRefused() {
    assertThatThrownBy(() -> table("a", "A")).hasMessage("domain A of A belongs to a");
    assertThatThrownBy(() -> table("*", "*")).hasMessage("domain * of * belongs to *");
  }

  private static RouteTable table(String... domains) {
    return RouteTable.of(
        Arrays.stream(domains)
            .map(domain -> VirtualHost.of(domain, List.of(domain), List.of()))
            .toList());
  }
}
