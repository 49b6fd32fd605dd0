package io.espejo.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The names under which a service of Kubernetes is called. */
final class ServiceNames {
  /** What follows a service's name and namespace. */
  static final String DOMAIN = ".svc.cluster.local";

  private ServiceNames() {}

  /** The full name of a host that is named in this namespace, in lower case. */
  static String fullName(String host, String namespace) {
    boolean complete = host.indexOf('.') >= 0 || host.indexOf(':') >= 0 || host.startsWith("*");
    String name = complete ? host : host + "." + namespace + DOMAIN;
    return name.toLowerCase(Locale.ROOT);
  }

  /**
   * All names but the full one of {@code httpbin.default.svc.cluster.local}: {@code
   * httpbin.default.svc}, {@code httpbin.default}, {@code httpbin} for the instance's own
   * namespace, and the full one with a dot at its end.
   */
  static List<String> aliases(String fullName, String ownNamespace) {
    List<String> aliases = new ArrayList<>();
    if (fullName.startsWith("*") || fullName.indexOf(':') >= 0) {
      return aliases;
    }
    if (!fullName.endsWith(".")) {
      aliases.add(fullName + ".");
    }
    if (fullName.endsWith(DOMAIN)) {
      String withNamespace = fullName.substring(0, fullName.length() - DOMAIN.length());
      int dot = withNamespace.lastIndexOf('.');
      if (dot > 0) {
        aliases.add(withNamespace + ".svc");
        aliases.add(withNamespace);
        if (withNamespace.substring(dot + 1).equals(ownNamespace)) {
          aliases.add(withNamespace.substring(0, dot));
        }
      }
    }
    return aliases;
  }
}
