package io.espejo.servlet;

import io.espejo.exchange.AddressLiteral;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A servlet request as the core sees it. */
final class ServletDownstreamRequest implements DownstreamRequest {
  private final HttpServletRequest request;
  private final boolean stripContextPath;
  private @Nullable Headers headers;

  ServletDownstreamRequest(HttpServletRequest request, boolean stripContextPath) {
    this.request = request;
    this.stripContextPath = stripContextPath;
  }

  @Override
  public String method() {
    return request.getMethod();
  }

  @Override
  public String scheme() {
    return request.getScheme();
  }

  @Override
  public String authority() {
    String host = request.getHeader("Host");
    if (request.getProtocol().startsWith("HTTP/1")) {
      // What containers show as the server's name is their own address.
      return host == null ? "" : host;
    }
    // HTTP/2 has :authority instead, which containers show as the server's name. It stands where
    // Host is another (RFC 9113, section 8.3.1). Where there is none, they show their own address.
    String name = request.getServerName();
    if (name == null || name.isEmpty()) {
      return host == null ? "" : host;
    }
    int port = request.getServerPort();
    boolean standard = port <= 0 || port == (request.isSecure() ? 443 : 80);
    String whole = name + ":" + port;
    if (host != null
        && ((standard && name.equalsIgnoreCase(host))
            || whole.equalsIgnoreCase(host)
            || name.equals(request.getLocalAddr())
            // The last that is asked for, as a container may look it up.
            || name.equals(request.getLocalName()))) {
      return host;
    }
    return standard ? name : whole;
  }

  @Override
  public String path() {
    String path = request.getRequestURI();
    if (stripContextPath) {
      path = path.substring(Math.min(request.getContextPath().length(), path.length()));
    }
    return path.isEmpty() ? "/" : path;
  }

  @Override
  public Optional<String> query() {
    return Optional.ofNullable(request.getQueryString());
  }

  @Override
  public Headers headers() {
    Headers known = headers;
    if (known == null) {
      known = read(request, stripContextPath);
      headers = known;
    }
    return known;
  }

  private static Headers read(HttpServletRequest request, boolean stripContextPath) {
    Headers.Builder lines = Headers.builder();
    for (Enumeration<String> names = request.getHeaderNames(); names.hasMoreElements(); ) {
      String name = names.nextElement();
      for (Enumeration<String> values = request.getHeaders(name); values.hasMoreElements(); ) {
        lines.add(name, values.nextElement());
      }
    }
    if (stripContextPath && !request.getContextPath().isEmpty()) {
      lines.set("x-forwarded-prefix", request.getContextPath());
    }
    Headers read = lines.build();
    return request.getProtocol().startsWith("HTTP/2") ? read.withOneCookie() : read;
  }

  @Override
  public String peerAddress() {
    String address = request.getRemoteAddr();
    return address == null ? "" : AddressLiteral.canonical(address);
  }

  @Override
  public String protocol() {
    return request.getProtocol();
  }
}
