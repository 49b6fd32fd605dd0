package io.espejo.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espejo.route.Forward;
import io.espejo.route.Route;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Rules as text, for tests. */
final class Texts {
  /** The walk-through's service, on two ports of one address, and its subsets. */
  static final String HTTPBIN =
      """
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata:
        name: httpbin
      spec:
        hosts:
        - httpbin.default.svc.cluster.local
        location: MESH_INTERNAL
        ports:
        - number: 8000
          name: http
          protocol: HTTP
        resolution: STATIC
        endpoints:
        - address: 127.0.0.1
          ports:
            http: 8081
          labels:
            app: httpbin
            version: v1
        - address: 127.0.0.1
          ports:
            http: 8082
          labels:
            app: httpbin
            version: v2
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata:
        name: httpbin
      spec:
        host: httpbin
        subsets:
        - name: v1
          labels:
            version: v1
        - name: v2
          labels:
            version: v2
      """;

  private Texts() {}

  static RuleFile file(String name, String text) {
    return new RuleFile(name, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A VirtualService for httpbin; what is given follows {@code http:}. */
  static String virtualService(String http) {
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: httpbin
        spec:
          hosts:
          - httpbin
          http:
        """
        + http.indent(2);
  }

  /** One route to v1; what is given are its other fields. */
  static String route(String fields) {
    return virtualService(
        "- route:\n  - destination:\n      host: httpbin\n      subset: v1\n" + fields.indent(2));
  }

  /** Compiles the texts as files a.yaml, b.yaml, and so on. */
  static CompiledRules compile(String... texts) throws RulesException {
    return Rules.compile(files(texts), RulesOptions.DEFAULT);
  }

  /** The texts beside the walk-through's service. */
  static CompiledRules compileWithHttpbin(String text) throws RulesException {
    return Rules.compile(
        List.of(file("a.yaml", text), file("httpbin.yaml", HTTPBIN)), RulesOptions.DEFAULT);
  }

  /** The problems for which the texts are refused, as lines. */
  static List<String> refusal(String... texts) {
    RulesException refusal =
        catchThrowableOfType(
            RulesException.class, () -> Rules.compile(files(texts), RulesOptions.DEFAULT));
    return refusal == null ? List.of() : refusal.getMessage().lines().toList();
  }

  /** The warnings about a text beside the walk-through's service, as lines. */
  static List<String> warnings(String text) throws RulesException {
    return compileWithHttpbin(text).warnings().stream().map(Problem::toString).toList();
  }

  /** What a route that forwards does. */
  static Forward forward(Route route) {
    return (Forward) route.action();
  }

  static List<RuleFile> files(String... texts) {
    List<RuleFile> files = new ArrayList<>();
    for (String text : texts) {
      files.add(file((char) ('a' + files.size()) + ".yaml", text));
    }
    return files;
  }
}
