package io.espejo.demo;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.RequestLog;
import org.eclipse.jetty.server.Response;

/**
 * Access-log lines in gunicorn's default format, {@code %(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s
 * "%(f)s" "%(a)s"}, each after the version that it is of.
 *
 * <pre>{@code
 * v1 127.0.0.1 - - [23/Nov/2026:08:44:06 +0000] "GET /headers HTTP/1.1" 200 107 "-" "curl/7.88.1"
 * }</pre>
 */
record AccessLog(String version, PrintStream out) implements RequestLog {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("'['dd/MMM/yyyy:HH:mm:ss Z']'", Locale.US);

  @Override
  public void log(Request request, Response response) {
    boolean bodiless = request.getMethod().equals("HEAD");
    out.println(
        String.join(
            " ",
            version,
            Request.getRemoteAddr(request),
            "-",
            user(request),
            TIME.format(ZonedDateTime.now(ZoneId.systemDefault())),
            quoted(
                request.getMethod()
                    + " "
                    + request.getHttpURI().getPathQuery()
                    + " "
                    + request.getConnectionMetaData().getProtocol()),
            Integer.toString(response.getStatus()),
            Long.toString(bodiless ? 0 : Response.getContentBytesWritten(response)),
            quoted(header(request, HttpHeader.REFERER)),
            quoted(header(request, HttpHeader.USER_AGENT))));
  }

  private static String header(Request request, HttpHeader name) {
    return Optional.ofNullable(request.getHeaders().getField(name))
        .map(HttpField::getValue)
        .orElse("-");
  }

  private static String quoted(String value) {
    return '"' + value.replace("\"", "\\\"") + '"';
  }

  private static String user(Request request) {
    String[] authorization = header(request, HttpHeader.AUTHORIZATION).split(" ", 2);
    if (authorization.length == 2 && authorization[0].equalsIgnoreCase("basic")) {
      try {
        byte[] credentials = Base64.getDecoder().decode(authorization[1].strip());
        StringBuilder user = new StringBuilder();
        LogText.append(user, new String(credentials, StandardCharsets.UTF_8).split(":", 2)[0]);
        return user.toString();
      } catch (IllegalArgumentException notBase64) {
        return "-";
      }
    }
    return "-";
  }
}
