package io.espejo.config;

import io.espejo.exchange.AddressLiteral;
import java.util.regex.Pattern;

/** The forms of names and addresses, as Istio's validation and Kubernetes have them. */
final class Names {
  private static final String LABEL = "[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?";
  private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
  private static final Pattern WILDCARD_LABEL = Pattern.compile("\\*|\\*?-?" + LABEL);
  private static final Pattern OBJECT_NAME =
      Pattern.compile("[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern QUALIFIED =
      Pattern.compile("(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
  private static final Pattern TOKEN = Pattern.compile("[-!#$%&'*+.^_`|~0-9A-Za-z]+");
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  private Names() {}

  /** A DNS label: a subset, a port's name, a namespace. */
  static boolean isLabel(String text) {
    return text.length() <= 63 && DNS_LABEL.matcher(text).matches();
  }

  /** The name of a Kubernetes object. */
  static boolean isObjectName(String text) {
    return text.length() <= 253 && OBJECT_NAME.matcher(text).matches();
  }

  /** A DNS name whose first label may be or begin with a star; the last may be empty. */
  static boolean isHost(String text) {
    if (text.isEmpty() || text.length() > 255) {
      return false;
    }
    String[] labels = text.split("\\.", -1);
    int last = labels.length - 1;
    if (labels[0].length() > 63
        || !WILDCARD_LABEL.matcher(labels[0]).matches()
        || labels[0].startsWith("-")
        || (last > 0 && NUMBER.matcher(labels[last]).matches())) {
      return false;
    }
    for (int i = 1; i <= last; i++) {
      if (!isLabel(labels[i]) && !(i == last && labels[i].isEmpty())) {
        return false;
      }
    }
    return true;
  }

  /** A DNS name that can be resolved: without a star, and not of digits alone. */
  static boolean isName(String text) {
    return isHost(text) && !text.startsWith("*") && !NUMBER.matcher(text).matches();
  }

  /** An IPv4 or IPv6 literal, without brackets and zone. */
  static boolean isAddress(String text) {
    return AddressLiteral.parse(text).isPresent();
  }

  /** An address and the length of a prefix: {@code 10.0.0.0/8}. */
  static boolean isNetwork(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !isAddress(text.substring(0, slash))) {
      return false;
    }
    String length = text.substring(slash + 1);
    return NUMBER.matcher(length).matches()
        && length.length() <= 3
        && Integer.parseInt(length) <= (text.indexOf(':') < 0 ? 32 : 128);
  }

  /** The name of a header (RFC 9110, section 5.6.2). */
  static boolean isToken(String text) {
    return TOKEN.matcher(text).matches();
  }

  /** Without a control character, so that it can be the value of a header. */
  static boolean isHeaderValue(String text) {
    return text.chars().allMatch(c -> (c >= ' ' && c != 0x7f) || c == '\t');
  }

  /** Without white space, too, so that it can stand in a request line. */
  static boolean isVisible(String text) {
    return text.chars().allMatch(c -> c > ' ' && c != 0x7f);
  }

  /** The key of a label of Kubernetes, with a prefix or without. */
  static boolean isLabelKey(String text) {
    int slash = text.indexOf('/');
    String prefix = slash < 0 ? "x" : text.substring(0, slash);
    String name = text.substring(slash + 1);
    return prefix.length() <= 253
        && isHost(prefix)
        && !prefix.startsWith("*")
        && name.length() <= 63
        && QUALIFIED.matcher(name).matches();
  }

  /** The value of a label of Kubernetes; may be empty. */
  static boolean isLabelValue(String text) {
    return text.isEmpty() || (text.length() <= 63 && QUALIFIED.matcher(text).matches());
  }
}
