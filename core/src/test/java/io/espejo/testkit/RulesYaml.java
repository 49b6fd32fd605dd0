package io.espejo.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Rules as a user writes them for Istio: a ServiceEntry and a DestinationRule for each service, a
 * VirtualService for each list of routes; and policies of our own.
 *
 * <pre>{@code
 * RulesYaml.of()
 *     .service("httpbin", 8000, Map.of("v1", v1.port(), "v2", v2.port()))
 *     .routes("httpbin", List.of("*"), Route.to("v1").mirror("v2", "50.0"))
 * }</pre>
 *
 * @param documents each a YAML document
 */
public record RulesYaml(List<String> documents) {
  /** The gateway that a star is for: Istio refuses it on the mesh. */
  static final String ANY_HOST = "edge";

  public RulesYaml {
    documents = List.copyOf(documents);
  }

  /** No rules yet. */
  public static RulesYaml of() {
    return new RulesYaml(List.of());
  }

  /** A service in namespace default with one endpoint on 127.0.0.1, and one subset, a version. */
  public RulesYaml service(String name, int port, Map<String, Integer> endpoints) {
    StringBuilder entry =
        new StringBuilder(
            """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: %1$s
            spec:
              hosts:
              - %1$s.default.svc.cluster.local
              location: MESH_INTERNAL
              ports:
              - number: %2$d
                name: http
                protocol: HTTP
              resolution: STATIC
              endpoints:
            """
                .formatted(name, port));
    StringBuilder subsets =
        new StringBuilder(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata:
              name: %1$s
            spec:
              host: %1$s
              subsets:
            """
                .formatted(name));
    for (String version : new TreeSet<>(endpoints.keySet())) {
      entry.append(
          """
            - address: 127.0.0.1
              ports:
                http: %2$d
              labels:
                version: %1$s
          """
              .formatted(version, endpoints.get(version)));
      subsets.append(
          """
            - name: %1$s
              labels:
                version: %1$s
          """
              .formatted(version));
    }
    return with(entry.toString()).with(subsets.toString());
  }

  /** A VirtualService; at {@link #ANY_HOST} if it is for all hosts. */
  public RulesYaml routes(String name, List<String> hosts, Route... routes) {
    StringBuilder service =
        new StringBuilder(
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: %s
            spec:
              hosts:
            """
                .formatted(name));
    hosts.forEach(host -> service.append("  - \"").append(host).append("\"\n"));
    if (hosts.contains("*")) {
      service.append("  gateways: [").append(ANY_HOST).append("]\n");
    }
    service.append("  http:\n");
    for (Route route : routes) {
      service.append("  - ").append(String.join("\n    ", route.lines())).append('\n');
    }
    return with(service.toString());
  }

  /**
   * A MirrorPolicy for the VirtualService httpbin.
   *
   * @param ref what the targetRef says beside kind and name: {@code sectionName: a}
   * @param lines what the policy says
   */
  public RulesYaml policy(String name, String ref, String... lines) {
    return with(
        """
        apiVersion: espejo.io/v1
        kind: MirrorPolicy
        metadata: {name: %s}
        spec:
          targetRef: {kind: VirtualService, name: httpbin%s}
        %s
        """
            .formatted(
                name,
                ref.isEmpty() ? "" : ", " + ref,
                String.join("\n", lines).indent(2).stripTrailing()));
  }

  /** One more document. */
  public RulesYaml with(String document) {
    List<String> all = new ArrayList<>(documents);
    all.add(document);
    return new RulesYaml(all);
  }

  /** All documents as one text. */
  public String text() {
    return String.join("---\n", documents);
  }

  /** Puts them into a file, whole at once: by renaming. */
  public void writeTo(Path file) throws IOException {
    write(file, text());
  }

  /** Puts any text into a file, whole at once: by renaming. */
  public static void write(Path file, String text) throws IOException {
    Path next = file.resolveSibling("." + file.getFileName() + ".next");
    Files.writeString(next, text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * One entry of {@code spec.http}, for the service httpbin.
   *
   * @param lines its YAML, line by line
   */
  public record Route(List<String> lines) {
    public Route {
      lines = List.copyOf(lines);
    }

    /** Everything to one subset. */
    public static Route to(String subset) {
      return new Route(List.of())
          .with(
              "route:",
              "- destination:",
              "    host: httpbin",
              "    subset: " + subset,
              "  weight: 100");
    }

    /** The same, for requests that meet one of these conditions: {@code uri: {prefix: /a}}. */
    public Route match(String... conditions) {
      Route route = with("match:");
      for (String condition : conditions) {
        route = route.with("- " + condition);
      }
      return route;
    }

    /** The same with a mirror and no share: everything. */
    public Route mirror(String subset) {
      return with("mirror:", "  host: httpbin", "  subset: " + subset);
    }

    /** The same with a mirror and its share in percent. */
    public Route mirror(String subset, String percent) {
      return mirror(subset).with("mirrorPercentage:", "  value: " + percent);
    }

    /** The same with these lines. */
    public Route with(String... more) {
      List<String> all = new ArrayList<>(lines);
      all.addAll(Arrays.asList(more));
      return new Route(all);
    }
  }
}
