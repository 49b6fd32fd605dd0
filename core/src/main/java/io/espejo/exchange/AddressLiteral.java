package io.espejo.exchange;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/** IP addresses as text. Only literals are read: no name is ever resolved. */
public final class AddressLiteral {
  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final Pattern V4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
  private static final Pattern V6 = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

  private AddressLiteral() {}

  /**
   * The bytes of an address, 4 or 16, an IPv4 address mapped to IPv6 as 4. Empty for all else, such
   * as names, brackets, ports, zones and leading zeros.
   */
  public static Optional<byte[]> parse(String text) {
    boolean v6 = text.indexOf(':') >= 0;
    if (!(v6 ? V6 : V4).matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      // Brackets keep the JDK from asking for a name.
      return Optional.of(InetAddress.getByName(v6 ? "[" + text + "]" : text).getAddress());
    } catch (UnknownHostException notAnAddress) {
      return Optional.empty();
    }
  }

  /**
   * An address as RFC 5952 writes it, without the brackets and the zone that containers show:
   * {@code ::1} for {@code [0:0:0:0:0:0:0:1]}. What is no IPv6 address stays as it is.
   */
  public static String canonical(String text) {
    if (text.indexOf(':') < 0) {
      return text;
    }
    int start = text.startsWith("[") ? 1 : 0;
    int zone = text.indexOf('%');
    int end = zone >= 0 ? zone : text.length() - (text.endsWith("]") ? 1 : 0);
    return parse(text.substring(start, Math.max(start, end)))
        .map(AddressLiteral::format)
        .orElse(text);
  }

  private static String format(byte[] address) {
    StringBuilder text = new StringBuilder();
    if (address.length == 4) {
      for (byte part : address) {
        text.append(text.isEmpty() ? "" : ".").append(part & 0xff);
      }
      return text.toString();
    }
    int zeros = longestZeros(address);
    int i = 0;
    while (i < 8) {
      if (i == zeros) {
        text.append("::");
        while (i < 8 && group(address, i) == 0) {
          i++;
        }
      } else {
        text.append(i == 0 || text.charAt(text.length() - 1) == ':' ? "" : ":");
        text.append(Integer.toHexString(group(address, i)));
        i++;
      }
    }
    return text.toString();
  }

  /** Where the first of the longest runs of two or more zero groups begins, or -1. */
  private static int longestZeros(byte[] address) {
    int best = -1;
    int bestLength = 1;
    int length = 0;
    for (int i = 0; i < 8; i++) {
      length = group(address, i) == 0 ? length + 1 : 0;
      if (length > bestLength) {
        bestLength = length;
        best = i - length + 1;
      }
    }
    return best;
  }

  private static int group(byte[] address, int index) {
    return ((address[2 * index] & 0xff) << 8) | (address[2 * index + 1] & 0xff);
  }
}
